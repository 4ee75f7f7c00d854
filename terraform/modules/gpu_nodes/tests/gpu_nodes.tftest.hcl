mock_provider "google" {}

variables {
  project_id           = "acme-studio"
  name                 = "atelier-prod"
  region               = "europe-west4"
  zones                = ["europe-west4-a", "europe-west4-b"]
  cluster              = "atelier-prod"
  gpu_limit            = 8
  node_service_account = "atelier-prod-nodes@acme-studio.iam.gserviceaccount.com"
  labels               = { app = "atelier", environment = "prod" }
}

run "spot_and_a_floor_that_stays" {
  assert {
    condition     = google_container_node_pool.this["gpu-spot"].node_config[0].spot && !google_container_node_pool.this["gpu-on-demand"].node_config[0].spot && !google_container_node_pool.this["gpu-floor"].node_config[0].spot
    error_message = "the pools are not what they are called"
  }
  assert {
    condition     = google_container_node_pool.this["gpu-floor"].autoscaling[0].total_min_node_count == 1
    error_message = "nothing draws when every spot machine is gone"
  }
  assert {
    condition     = output.pools == { spot = "gpu-spot", on_demand = "gpu-on-demand", floor = "gpu-floor" }
    error_message = "Kubernetes is told of other pools"
  }
  assert {
    condition = alltrue([
      for pool in google_container_node_pool.this :
      contains([for taint in pool.node_config[0].taint : taint.value], pool.node_config[0].labels["cloud.google.com/compute-class"])
    ])
    error_message = "a pool bears the label of one class and the taint of another"
  }
  assert {
    condition     = output.gpus_min == 1 && output.gpus_max == 8
    error_message = "the sums are wrong"
  }
  assert {
    condition     = alltrue([for pool in google_container_node_pool.this : pool.node_config[0].kubelet_config[0].shutdown_grace_period_seconds == 120])
    error_message = "a replica has no time to hand its work back"
  }
  assert {
    condition     = alltrue([for pool in google_container_node_pool.this : contains([for taint in pool.node_config[0].taint : taint.key], "nvidia.com/gpu")])
    error_message = "what needs no GPU may take a GPU machine"
  }
  assert {
    condition     = alltrue([for pool in google_container_node_pool.this : pool.network_config[0].enable_private_nodes])
    error_message = "a GPU machine has a public address"
  }
}

run "counts_gpus_and_not_machines" {
  command = plan
  variables {
    machine_type    = "g2-standard-24"
    gpus_per_node   = 2
    spot_nodes      = { min = 0, max = 2 }
    on_demand_nodes = { min = 0, max = 0 }
  }

  assert {
    condition     = output.gpus_min == 2 && output.gpus_max == 8
    error_message = "machines were counted"
  }
}

run "refuses_more_than_the_limit" {
  command = plan
  variables {
    gpu_limit = 7
  }
  expect_failures = [var.gpu_limit]
}

run "refuses_a_studio_of_spot_machines_only" {
  command = plan
  variables {
    floor_nodes = { min = 0, max = 1 }
  }
  expect_failures = [var.floor_nodes]
}

run "refuses_more_at_least_than_at_most" {
  command = plan
  variables {
    spot_nodes = { min = 3, max = 1 }
  }
  expect_failures = [var.spot_nodes]
}

run "refuses_a_fallback_that_shrinks" {
  command = plan
  variables {
    on_demand_nodes = { min = 2, max = 1 }
  }
  expect_failures = [var.on_demand_nodes]
}

run "refuses_a_floor_that_cannot_be_upgraded" {
  command = plan
  variables {
    floor_nodes = { min = 1, max = 1 }
  }
  expect_failures = [var.floor_nodes]
}

run "refuses_a_zone_of_another_region" {
  command = plan
  variables {
    zones = ["us-central1-a"]
  }
  expect_failures = [var.zones]
}

run "refuses_three_gpus_in_a_machine" {
  command = plan
  variables {
    gpus_per_node = 3
    gpu_limit     = 24
  }
  expect_failures = [var.gpus_per_node]
}

run "refuses_a_gpu_by_its_family_name" {
  command = plan
  variables {
    accelerator = "L4"
  }
  expect_failures = [var.accelerator]
}

run "refuses_a_disk_too_small_for_the_image" {
  command = plan
  variables {
    disk_size_gb = 20
  }
  expect_failures = [var.disk_size_gb]
}
