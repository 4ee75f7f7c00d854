output "network_id" {
  description = "The network."
  value       = google_compute_network.this.id
}

output "subnetwork_id" {
  description = "The subnetwork of the nodes."
  value       = google_compute_subnetwork.nodes.id
}

output "pods_range" {
  description = "Name of the pods' range."
  value       = "pods"
}

output "services_range" {
  description = "Name of the services' range."
  value       = "services"
}

output "database_cidr" {
  description = "The range in which Cloud SQL gets its address."
  value       = "${google_compute_global_address.database.address}/${google_compute_global_address.database.prefix_length}"
}

output "database_network_id" {
  description = "The same network, once Cloud SQL can be reached in it; a database waits for this."
  value       = google_compute_network.this.id
  depends_on  = [google_service_networking_connection.database]
}
