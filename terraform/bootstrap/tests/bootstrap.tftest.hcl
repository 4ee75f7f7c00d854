mock_provider "google" {}

variables {
  project_id = "acme-studio"
  location   = "EU"
}

run "keeps_what_was_overwritten_and_from_the_public" {
  command = plan

  assert {
    condition     = google_storage_bucket.state.name == "acme-studio-atelier-state"
    error_message = "the bucket is not named after the project"
  }
  assert {
    condition     = google_storage_bucket.state.versioning[0].enabled
    error_message = "the state has no versions"
  }
  assert {
    condition     = google_storage_bucket.state.public_access_prevention == "enforced" && google_storage_bucket.state.uniform_bucket_level_access
    error_message = "the state may be made public"
  }
  assert {
    condition     = !google_storage_bucket.state.force_destroy
    error_message = "the bucket can be deleted with the state in it"
  }
  assert {
    condition     = contains(output.services, "container.googleapis.com")
    error_message = "the API of the cluster is not enabled"
  }
}

run "takes_a_name_of_ones_own" {
  command = plan
  variables {
    bucket_name = "acme-states"
  }

  assert {
    condition     = output.state_bucket == "acme-states"
    error_message = "the given name is not used"
  }
}

run "refuses_a_project_that_cannot_be" {
  command = plan
  variables {
    project_id = "Acme Studio"
  }
  expect_failures = [var.project_id]
}

run "refuses_a_zone" {
  command = plan
  variables {
    location = "europe-west4-a"
  }
  expect_failures = [var.location]
}

run "refuses_a_bucket_that_cannot_be" {
  command = plan
  variables {
    bucket_name = "Acme_States"
  }
  expect_failures = [var.bucket_name]
}
