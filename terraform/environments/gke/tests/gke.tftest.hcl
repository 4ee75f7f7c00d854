mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "42" }
  }
  mock_data "google_storage_project_service_account" {
    defaults = { email_address = "service-42@gs-project-accounts.iam.gserviceaccount.com" }
  }
  mock_resource "google_service_account" {
    defaults = {
      name  = "projects/acme-studio/serviceAccounts/mocked@acme-studio.iam.gserviceaccount.com"
      email = "mocked@acme-studio.iam.gserviceaccount.com"
    }
    override_during = plan
  }
  mock_resource "google_compute_global_address" {
    defaults        = { address = "203.0.113.7" }
    override_during = plan
  }
}

variables {
  project_id      = "acme-studio"
  environment     = "prod"
  region          = "europe-west4"
  gpu_zones       = ["europe-west4-a", "europe-west4-b"]
  backup_location = "europe-north1"
  domain          = "studio.example.com"
  alert_emails    = ["operators@example.com"]
  billing_account = "01AB23-45CD67-89EF01"
  monthly_budget  = 2500
}

run "kubernetes_is_told_of_everything" {
  command = plan

  assert {
    condition     = output.params["IMAGES_URL"] == "gs://acme-studio-atelier-prod-images/atelier"
    error_message = "the studio is told of another bucket"
  }
  assert {
    condition     = output.params["TRUSTED_PROXIES"] == "35.191.0.0/16,130.211.0.0/22,203.0.113.7/32"
    error_message = "the studio believes somebody else's word about who asked"
  }
  assert {
    condition     = output.params["DATABASE_CIDR"] == "203.0.113.7/20"
    error_message = "pods are let to another range than the database's"
  }
  assert {
    condition     = strcontains(output.kustomize_params, "\nHOSTNAME=studio.example.com\n")
    error_message = "the file is not one of names and values"
  }
  assert {
    condition     = output.images == "europe-west4-docker.pkg.dev/acme-studio/atelier-prod"
    error_message = "images are pulled from elsewhere"
  }
  assert {
    condition     = output.gpus.min == 1 && output.gpus.max == 8
    error_message = "the GPUs are not counted"
  }
  assert {
    condition     = toset(output.secrets) == toset(["atelier-database-url", "atelier-oidc-client-secret", "atelier-secret-key", "atelier-signing-chain", "atelier-signing-key"])
    error_message = "a secret has no place"
  }
}

run "keys_are_for_those_who_need_them" {
  command = plan

  assert {
    condition     = toset(keys(module.keys.keys)) == toset(["cluster", "database", "buckets"])
    error_message = "something lies at rest without a key of ours"
  }
  assert {
    condition     = local.backup_key_location == "europe-north1"
    error_message = "there is no key where the backups are"
  }
}

run "backups_lie_under_a_key_of_their_region" {
  command = plan
  variables {
    backup_location = "EU"
  }

  assert {
    condition     = local.backup_key_location == "europe"
    error_message = "there is no key where the backups are"
  }
}

run "refuses_more_gpus_than_the_limit" {
  command = plan
  variables {
    gpu_limit = 7
  }
  expect_failures = [var.gpu_limit]
}

run "refuses_an_environment_with_a_hyphen" {
  command = plan
  variables {
    environment = "prod-eu"
  }
  expect_failures = [var.environment]
}

run "refuses_a_zone_elsewhere" {
  command = plan
  variables {
    gpu_zones = ["us-central1-a"]
  }
  expect_failures = [var.gpu_zones]
}

run "refuses_a_project_that_cannot_be" {
  command = plan
  variables {
    project_id = "Acme"
  }
  expect_failures = [var.project_id]
}

run "refuses_a_zone_for_a_region" {
  command = plan
  variables {
    region    = "europe-west4-a"
    gpu_zones = ["europe-west4-a-1"]
  }
  expect_failures = [var.region]
}

run "refuses_an_address_for_a_domain" {
  command = plan
  variables {
    domain = "studio.example.com/"
  }
  expect_failures = [var.domain]
}

run "refuses_a_namespace_that_cannot_be" {
  command = plan
  variables {
    namespace = "Atelier"
  }
  expect_failures = [var.namespace]
}

run "refuses_backups_beside_what_they_are_of" {
  command = plan
  variables {
    backup_location = "europe-west4"
  }
  expect_failures = [var.backup_location]
}

run "refuses_to_forget_backups_at_once" {
  command = plan
  variables {
    backup_days = 1
  }
  expect_failures = [var.backup_days]
}

run "refuses_to_tell_nobody" {
  command = plan
  variables {
    alert_emails = []
  }
  expect_failures = [var.alert_emails]
}
