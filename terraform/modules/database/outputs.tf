output "instance" {
  description = "The instance's name, for gcloud sql."
  value       = google_sql_database_instance.this.name
}

output "address" {
  description = "Its address in the network."
  value       = google_sql_database_instance.this.private_ip_address
}

output "database" {
  description = "Name of the database."
  value       = google_sql_database.this.name
}
