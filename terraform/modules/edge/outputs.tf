output "address" {
  description = "The A record of the domain."
  value       = google_compute_global_address.this.address
}

output "address_name" {
  description = "The address as the Gateway names it."
  value       = google_compute_global_address.this.name
}

output "certificate_map" {
  description = "The certificate as the Gateway names it."
  value       = google_certificate_manager_certificate_map.this.name
}

output "ssl_policy" {
  description = "The TLS policy as a GCPGatewayPolicy names it."
  value       = google_compute_ssl_policy.this.name
}

output "security_policy" {
  description = "The rate rule as a GCPBackendPolicy names it."
  value       = google_compute_security_policy.this.name
}

output "certificate_record" {
  description = "The CNAME record by which Google sees that the domain is yours: name, type and data."
  value       = google_certificate_manager_dns_authorization.this.dns_resource_record
}
