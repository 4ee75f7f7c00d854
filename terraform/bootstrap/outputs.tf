output "state_bucket" {
  description = "Goes into `bucket` of each environment's backend.hcl."
  value       = google_storage_bucket.state.name
}

output "services" {
  description = "The APIs that are now enabled."
  value       = sort([for service in google_project_service.this : service.service])
}
