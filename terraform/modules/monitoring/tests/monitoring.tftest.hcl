mock_provider "google" {}

variables {
  project_id  = "acme-studio"
  name        = "atelier-prod"
  host        = "studio.example.com"
  emails      = ["operators@example.com"]
  database_id = "acme-studio:atelier-prod"
  labels      = { app = "atelier", environment = "prod" }
}

run "asks_from_outside_and_tells_somebody" {
  assert {
    condition     = google_monitoring_uptime_check_config.studio.http_check[0].path == "/healthz" && google_monitoring_uptime_check_config.studio.http_check[0].validate_ssl
    error_message = "the check asks for something else, or trusts any certificate"
  }
  assert {
    condition     = google_monitoring_uptime_check_config.studio.monitored_resource[0].labels.host == "studio.example.com"
    error_message = "another host is asked"
  }
  assert {
    condition     = toset(keys(google_monitoring_alert_policy.this)) == toset(["unreachable", "certificate", "database_disk"])
    error_message = "a rule is missing"
  }
  assert {
    condition     = alltrue([for rule in google_monitoring_alert_policy.this : toset(rule.notification_channels) == toset(output.channels) && length(rule.notification_channels) == 1])
    error_message = "a rule tells nobody"
  }
  assert {
    condition     = google_monitoring_alert_policy.this["certificate"].conditions[0].condition_threshold[0].comparison == "COMPARISON_LT"
    error_message = "a certificate that is good for long is reported"
  }
  assert {
    condition     = strcontains(google_monitoring_alert_policy.this["unreachable"].conditions[0].condition_threshold[0].filter, google_monitoring_uptime_check_config.studio.uptime_check_id)
    error_message = "the rule looks at another check"
  }
}

run "refuses_to_tell_nobody" {
  command = plan
  variables {
    emails = []
  }
  expect_failures = [var.emails]
}

run "refuses_an_address_for_a_host" {
  command = plan
  variables {
    host = "https://studio.example.com"
  }
  expect_failures = [var.host]
}

run "refuses_a_path_without_a_slash" {
  command = plan
  variables {
    path = "healthz"
  }
  expect_failures = [var.path]
}

run "refuses_an_instance_without_its_project" {
  command = plan
  variables {
    database_id = "atelier-prod"
  }
  expect_failures = [var.database_id]
}
