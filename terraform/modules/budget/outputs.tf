output "name" {
  description = "The budget, as Cloud Billing names it."
  value       = google_billing_budget.this.name
}
