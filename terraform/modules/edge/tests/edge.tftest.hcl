mock_provider "google" {}

variables {
  project_id = "acme-studio"
  name       = "atelier-prod"
  domain     = "studio.example.com"
  labels     = { app = "atelier", environment = "prod" }
}

run "one_name_with_a_certificate_and_a_limit" {
  assert {
    condition     = google_certificate_manager_certificate.this.managed[0].domains == tolist(["studio.example.com"])
    error_message = "the certificate is for another name"
  }
  assert {
    condition     = google_certificate_manager_certificate_map_entry.this.hostname == var.domain
    error_message = "the map does not answer for the domain"
  }
  assert {
    condition     = google_compute_ssl_policy.this.min_tls_version == "TLS_1_2"
    error_message = "old TLS is accepted"
  }
  assert {
    condition = anytrue([
      for rule in google_compute_security_policy.this.rule :
      try(rule.rate_limit_options[0].rate_limit_threshold[0].count, 0) == 1200 && rule.action == "throttle"
    ])
    error_message = "nothing slows down whoever asks too fast"
  }
  assert {
    condition     = output.address_name == "atelier-prod" && output.certificate_map == "atelier-prod"
    error_message = "the Gateway is told of other names"
  }
}

run "refuses_an_address_for_a_domain" {
  command = plan
  variables {
    domain = "https://studio.example.com/"
  }
  expect_failures = [var.domain]
}

run "refuses_a_limit_that_stops_a_page" {
  command = plan
  variables {
    requests_per_minute = 10
  }
  expect_failures = [var.requests_per_minute]
}
