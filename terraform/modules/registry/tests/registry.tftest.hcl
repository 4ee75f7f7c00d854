mock_provider "google" {}

variables {
  project_id = "acme-studio"
  name       = "atelier-prod"
  region     = "europe-west4"
  readers    = { nodes = "serviceAccount:nodes@acme-studio.iam.gserviceaccount.com" }
  labels     = { app = "atelier", environment = "prod" }
}

run "tags_stay_and_nodes_pull" {
  assert {
    condition     = google_artifact_registry_repository.this.docker_config[0].immutable_tags
    error_message = "a tag may be moved"
  }
  assert {
    condition     = google_artifact_registry_repository_iam_member.reader["nodes"].role == "roles/artifactregistry.reader"
    error_message = "nodes cannot pull, or may push"
  }
  assert {
    condition     = output.url == "europe-west4-docker.pkg.dev/acme-studio/atelier-prod"
    error_message = "the address is not one that docker understands"
  }
}

run "refuses_everybody" {
  command = plan
  variables {
    readers = { world = "allUsers" }
  }
  expect_failures = [var.readers]
}

run "refuses_to_keep_nothing_to_roll_back_to" {
  command = plan
  variables {
    kept_versions = 1
  }
  expect_failures = [var.kept_versions]
}
