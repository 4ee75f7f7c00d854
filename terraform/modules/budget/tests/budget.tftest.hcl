mock_provider "google" {}

variables {
  billing_account = "01AB23-45CD67-89EF01"
  project_number  = "42"
  name            = "atelier-prod"
  monthly_amount  = 2500
  channels        = ["projects/acme-studio/notificationChannels/1"]
}

run "tells_at_half_four_fifths_all_and_when_foreseen" {
  assert {
    condition = [for rule in google_billing_budget.this.threshold_rules : rule.threshold_percent if rule.spend_basis == "CURRENT_SPEND"] == [
      0.5, 0.8, 1,
    ]
    error_message = "people are not told at 50, 80 and 100 %"
  }
  assert {
    condition     = contains([for rule in google_billing_budget.this.threshold_rules : rule.spend_basis], "FORECASTED_SPEND")
    error_message = "people are told only once it is spent"
  }
  assert {
    condition     = google_billing_budget.this.amount[0].specified_amount[0].units == "2500"
    error_message = "another amount is watched"
  }
  assert {
    condition     = google_billing_budget.this.budget_filter[0].projects == tolist(["projects/42"])
    error_message = "other projects count too"
  }
}

run "refuses_per_cent" {
  command = plan
  variables {
    thresholds = [50, 80, 100]
  }
  expect_failures = [var.thresholds]
}

run "refuses_an_account_that_is_none" {
  command = plan
  variables {
    billing_account = "my-account"
  }
  expect_failures = [var.billing_account]
}

run "refuses_cents" {
  command = plan
  variables {
    monthly_amount = 99.5
  }
  expect_failures = [var.monthly_amount]
}

run "refuses_a_sign_for_a_currency" {
  command = plan
  variables {
    currency = "$"
  }
  expect_failures = [var.currency]
}

run "refuses_a_sixth_channel" {
  command = plan
  variables {
    channels = ["1", "2", "3", "4", "5", "6"]
  }
  expect_failures = [var.channels]
}
