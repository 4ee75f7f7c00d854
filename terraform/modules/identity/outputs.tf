output "emails" {
  description = "The e-mail address of each account: what a service account of Kubernetes is annotated with."
  value       = { for key, account in google_service_account.this : key => account.email }
}

output "secrets" {
  description = "The secrets, to which values are added."
  value       = sort([for secret in google_secret_manager_secret.this : secret.secret_id])
}
