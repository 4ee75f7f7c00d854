mock_provider "google" {
  mock_resource "google_service_account" {
    defaults = {
      name  = "projects/acme-studio/serviceAccounts/mocked@acme-studio.iam.gserviceaccount.com"
      email = "mocked@acme-studio.iam.gserviceaccount.com"
    }
  }
}

variables {
  project_id    = "acme-studio"
  name          = "atelier-prod"
  workload_pool = "acme-studio.svc.id.goog"
  accounts = {
    backend   = { description = "API", service_accounts = ["atelier/api", "atelier/dispatcher"], project_roles = ["roles/cloudsql.client"] }
    inference = { description = "Replicas", service_accounts = ["atelier/inference"] }
  }
  secrets = { atelier-secret-key = ["backend"] }
  labels  = { app = "atelier", environment = "prod" }
}

run "each_acts_as_its_own_and_reads_what_is_listed" {
  assert {
    condition     = google_service_account.this["backend"].account_id == "atelier-prod-backend"
    error_message = "the account is not named after the studio"
  }
  assert {
    condition     = google_service_account_iam_member.workload["backend/atelier/api"].member == "serviceAccount:acme-studio.svc.id.goog[atelier/api]"
    error_message = "the API's pods cannot act as the studio"
  }
  assert {
    condition     = length(google_service_account_iam_member.workload) == 3
    error_message = "somebody else may act as the studio"
  }
  assert {
    condition     = toset(keys(google_secret_manager_secret_iam_member.reader)) == toset(["atelier-secret-key/backend"])
    error_message = "inference may read a secret"
  }
  assert {
    condition     = google_secret_manager_secret.this["atelier-secret-key"].deletion_protection
    error_message = "a secret can be deleted by mistake"
  }
}

run "refuses_every_service_account" {
  command = plan
  variables {
    accounts = { backend = { description = "API", service_accounts = ["atelier/*"] } }
  }
  expect_failures = [var.accounts]
}

run "refuses_an_owner" {
  command = plan
  variables {
    accounts = { backend = { description = "API", service_accounts = ["atelier/api"], project_roles = ["roles/owner"] } }
  }
  expect_failures = [var.accounts]
}

run "refuses_an_administrator" {
  command = plan
  variables {
    accounts = { backend = { description = "API", service_accounts = ["atelier/api"], project_roles = ["roles/storage.admin"] } }
  }
  expect_failures = [var.accounts]
}

run "refuses_a_name_too_long_for_google" {
  command = plan
  variables {
    accounts = { the-whole-of-the-studio = { description = "API", service_accounts = ["atelier/api"] } }
    secrets  = {}
  }
  expect_failures = [var.accounts]
}

run "refuses_a_reader_who_is_not_there" {
  command = plan
  variables {
    secrets = { atelier-secret-key = ["webui"] }
  }
  expect_failures = [var.secrets]
}
