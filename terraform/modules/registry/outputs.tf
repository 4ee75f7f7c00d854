output "url" {
  description = "What comes before an image's name: <region>-docker.pkg.dev/<project>/<name>."
  value       = "${var.region}-docker.pkg.dev/${var.project_id}/${google_artifact_registry_repository.this.repository_id}"
}
