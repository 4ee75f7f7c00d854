mock_provider "google" {}

variables {
  project_id = "acme-studio"
  name       = "atelier-prod"
  location   = "europe-west4"
  users = {
    images   = ["serviceAccount:service-42@gs-project-accounts.iam.gserviceaccount.com"]
    database = ["serviceAccount:service-42@gcp-sa-cloud-sql.iam.gserviceaccount.com"]
  }
  labels = { app = "atelier", environment = "prod" }
}

run "one_key_a_purpose" {
  command = plan

  assert {
    condition     = toset(keys(output.keys)) == toset(["images", "database"])
    error_message = "a purpose has no key"
  }
  assert {
    condition     = alltrue([for key in google_kms_crypto_key.this : key.rotation_period == "7776000s"])
    error_message = "a key is not rotated every 90 days"
  }
  assert {
    condition     = length(google_kms_crypto_key_iam_member.user) == 2
    error_message = "somebody may use a key that is not theirs, or not their own"
  }
}

run "refuses_a_person" {
  command = plan
  variables {
    users = { images = ["user:ana@example.com"] }
  }
  expect_failures = [var.users]
}

run "refuses_a_key_for_ever" {
  command = plan
  variables {
    rotation_days = 0
  }
  expect_failures = [var.rotation_days]
}
