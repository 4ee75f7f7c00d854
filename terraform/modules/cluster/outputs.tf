output "name" {
  description = "The cluster's name."
  value       = google_container_cluster.this.name
}

output "location" {
  description = "Its region."
  value       = google_container_cluster.this.location
}

output "workload_pool" {
  description = "The pool of identities of its service accounts; exists once the cluster does."
  value       = google_container_cluster.this.workload_identity_config[0].workload_pool
}

output "node_service_account" {
  description = "Who the nodes are, which pull images and write logs."
  value       = google_service_account.nodes.email
}
