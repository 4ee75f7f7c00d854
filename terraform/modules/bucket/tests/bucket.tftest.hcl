mock_provider "google" {}

variables {
  project_id = "acme-studio"
  name       = "acme-studio-atelier-prod-images"
  location   = "europe-west4"
  kms_key    = "projects/acme-studio/locations/europe-west4/keyRings/atelier-prod/cryptoKeys/images"
  members = {
    studio = { role = "roles/storage.objectUser", member = "serviceAccount:studio@acme-studio.iam.gserviceaccount.com" }
  }
  labels = { app = "atelier", environment = "prod" }
}

run "private_versioned_and_tidy" {
  assert {
    condition     = google_storage_bucket.this.public_access_prevention == "enforced" && google_storage_bucket.this.uniform_bucket_level_access
    error_message = "images may be made public"
  }
  assert {
    condition     = google_storage_bucket.this.versioning[0].enabled
    error_message = "what is overwritten is lost"
  }
  assert {
    condition     = google_storage_bucket.this.encryption[0].default_kms_key_name == var.kms_key
    error_message = "images are encrypted with Google's key"
  }
  assert {
    condition = toset([for rule in google_storage_bucket.this.lifecycle_rule : one(rule.action).type]) == toset([
      "Delete", "AbortIncompleteMultipartUpload",
    ])
    error_message = "old versions or half uploads stay for ever, or images move by themselves"
  }
  assert {
    condition     = output.url == "gs://acme-studio-atelier-prod-images"
    error_message = "the studio is told of another bucket"
  }
}

run "moves_to_cheaper_storage_when_told" {
  command = plan
  variables {
    nearline_after_days = 90
  }

  assert {
    condition     = anytrue([for rule in google_storage_bucket.this.lifecycle_rule : one(rule.action).storage_class == "NEARLINE" && one(rule.condition).age == 90])
    error_message = "images stay where they are"
  }
}

run "forgets_backups_when_told" {
  command = plan
  variables {
    expire_after_days = 90
  }

  assert {
    condition     = anytrue([for rule in google_storage_bucket.this.lifecycle_rule : one(rule.action).type == "Delete" && one(rule.condition).age == 90])
    error_message = "backups are kept for ever"
  }
}

run "refuses_to_forget_at_once" {
  command = plan
  variables {
    expire_after_days = 1
  }
  expect_failures = [var.expire_after_days]
}

run "refuses_everybody" {
  command = plan
  variables {
    members = { world = { role = "roles/storage.objectViewer", member = "allUsers" } }
  }
  expect_failures = [var.members]
}

run "refuses_an_administrator" {
  command = plan
  variables {
    members = { studio = { role = "roles/storage.admin", member = "serviceAccount:studio@acme-studio.iam.gserviceaccount.com" } }
  }
  expect_failures = [var.members]
}

run "refuses_nearline_for_a_week" {
  command = plan
  variables {
    nearline_after_days = 7
  }
  expect_failures = [var.nearline_after_days]
}

run "refuses_a_day_of_soft_deletion" {
  command = plan
  variables {
    soft_delete_days = 1
  }
  expect_failures = [var.soft_delete_days]
}

run "refuses_versions_for_ever" {
  command = plan
  variables {
    noncurrent_days = 0
  }
  expect_failures = [var.noncurrent_days]
}

run "refuses_a_name_with_a_dot" {
  command = plan
  variables {
    name = "images.example.com"
  }
  expect_failures = [var.name]
}
