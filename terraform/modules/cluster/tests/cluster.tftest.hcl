mock_provider "google" {}

variables {
  project_id     = "acme-studio"
  name           = "atelier-prod"
  region         = "europe-west4"
  network_id     = "projects/acme-studio/global/networks/atelier-prod"
  subnetwork_id  = "projects/acme-studio/regions/europe-west4/subnetworks/atelier-prod-nodes"
  pods_range     = "pods"
  services_range = "services"
  kms_key        = "projects/acme-studio/locations/europe-west4/keyRings/atelier-prod/cryptoKeys/cluster"
  labels         = { app = "atelier", environment = "prod" }
}

run "private_protected_and_encrypted" {
  assert {
    condition     = google_container_cluster.this.deletion_protection
    error_message = "the cluster can be destroyed by mistake"
  }
  assert {
    condition     = google_container_cluster.this.private_cluster_config[0].enable_private_nodes && google_container_cluster.this.private_cluster_config[0].enable_private_endpoint
    error_message = "nodes or the API have a public address"
  }
  assert {
    condition     = !google_container_cluster.this.control_plane_endpoints_config[0].ip_endpoints_config[0].enabled
    error_message = "the API answers at an address"
  }
  assert {
    condition     = google_container_cluster.this.database_encryption[0].key_name == var.kms_key
    error_message = "secrets are stored under Google's key"
  }
  assert {
    condition     = output.workload_pool == "acme-studio.svc.id.goog"
    error_message = "Workload Identity is off"
  }
  assert {
    condition     = google_container_node_pool.system.node_config[0].workload_metadata_config[0].mode == "GKE_METADATA"
    error_message = "a pod can take the node's identity"
  }
  assert {
    condition     = google_project_iam_member.nodes.role == "roles/container.defaultNodeServiceAccount"
    error_message = "nodes may do more than be nodes"
  }
}

run "can_be_told_to_go" {
  command = plan
  variables {
    deletion_protection = false
  }

  assert {
    condition     = !google_container_cluster.this.deletion_protection
    error_message = "there is no way to remove the cluster"
  }
}

run "refuses_the_rapid_channel" {
  command = plan
  variables {
    release_channel = "RAPID"
  }
  expect_failures = [var.release_channel]
}

run "refuses_an_hour_of_maintenance" {
  command = plan
  variables {
    maintenance_window = { start_time = "2026-01-03T02:00:00Z", end_time = "2026-01-03T03:00:00Z", recurrence = "FREQ=DAILY" }
  }
  expect_failures = [var.maintenance_window]
}

run "refuses_a_recurrence_in_words" {
  command = plan
  variables {
    maintenance_window = { start_time = "2026-01-03T02:00:00Z", end_time = "2026-01-03T08:00:00Z", recurrence = "every Saturday" }
  }
  expect_failures = [var.maintenance_window]
}

run "refuses_more_machines_at_least_than_at_most" {
  command = plan
  variables {
    system_nodes = { min = 4, max = 2 }
  }
  expect_failures = [var.system_nodes]
}
