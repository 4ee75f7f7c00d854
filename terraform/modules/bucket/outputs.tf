output "name" {
  description = "The bucket's name, once those who use it may."
  value       = google_storage_bucket.this.name
  depends_on  = [google_storage_bucket_iam_member.this]
}

output "url" {
  description = "The bucket as gs:// address, for ATELIER_STORAGE_URL."
  value       = "gs://${google_storage_bucket.this.name}"
  depends_on  = [google_storage_bucket_iam_member.this]
}
