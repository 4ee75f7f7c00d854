mock_provider "google" {
  mock_resource "google_compute_global_address" {
    defaults = { address = "10.40.16.0" }
  }
}

variables {
  project_id = "acme-studio"
  name       = "atelier-prod"
  region     = "europe-west4"
  labels     = { app = "atelier", environment = "prod" }
}

run "nodes_are_private_and_reach_google" {
  assert {
    condition     = google_compute_subnetwork.nodes.private_ip_google_access
    error_message = "nodes without a public address cannot reach Google's APIs"
  }
  assert {
    condition     = !google_compute_network.this.auto_create_subnetworks
    error_message = "subnetworks appear in every region"
  }
  assert {
    condition = toset([for range in google_compute_subnetwork.nodes.secondary_ip_range : range.range_name]) == toset([
      output.pods_range, output.services_range,
    ])
    error_message = "the cluster is told of ranges that are not there"
  }
  assert {
    condition     = google_compute_router_nat.this.nat_ip_allocate_option == "AUTO_ONLY"
    error_message = "NAT has no addresses"
  }
  assert {
    condition     = google_service_networking_connection.database.reserved_peering_ranges == tolist([google_compute_global_address.database.name])
    error_message = "the database's range is not peered"
  }
  assert {
    condition     = output.database_cidr == "10.40.16.0/20"
    error_message = "pods are let to another range than the database's"
  }
}

run "refuses_a_range_that_is_none" {
  command = plan
  variables {
    nodes_cidr = "10.10.0.0"
  }
  expect_failures = [var.nodes_cidr]
}

run "refuses_too_few_pods" {
  command = plan
  variables {
    pods_cidr = "10.20.0.0/24"
  }
  expect_failures = [var.pods_cidr]
}

run "refuses_too_few_services" {
  command = plan
  variables {
    services_cidr = "10.30.0.0/30"
  }
  expect_failures = [var.services_cidr]
}

run "refuses_a_zone_for_a_region" {
  command = plan
  variables {
    region = "europe-west4-a"
  }
  expect_failures = [var.region]
}

run "refuses_more_than_every_flow" {
  command = plan
  variables {
    flow_sampling = 10
  }
  expect_failures = [var.flow_sampling]
}

run "refuses_a_database_range_too_small" {
  command = plan
  variables {
    database_prefix_length = 28
  }
  expect_failures = [var.database_prefix_length]
}

run "refuses_labels_that_say_nothing" {
  command = plan
  variables {
    labels = { team = "design" }
  }
  expect_failures = [var.labels]
}

run "refuses_a_name_in_capitals" {
  command = plan
  variables {
    name = "Atelier"
  }
  expect_failures = [var.name]
}
