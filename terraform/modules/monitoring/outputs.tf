output "channels" {
  description = "The channels through which people are told, for budgets and rules made elsewhere."
  value       = local.channels
}
