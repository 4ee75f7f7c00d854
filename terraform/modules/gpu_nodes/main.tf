# Three pools of the same machine: spot, which is cheap and may be taken back; on demand, where work goes when no spot
# machine is to be had; and the floor, which stays and draws on whatever happens. Kubernetes says which is tried first:
# its ComputeClasses (k8s/components/compute-class) list the pools. A pool belongs to one class, whose name it bears.

locals {
  pools = {
    gpu-spot      = { spot = true, class = var.spot_class, nodes = var.spot_nodes }
    gpu-on-demand = { spot = false, class = var.spot_class, nodes = var.on_demand_nodes }
    gpu-floor     = { spot = false, class = var.floor_class, nodes = var.floor_nodes }
  }
}

resource "google_container_node_pool" "this" {
  for_each = local.pools

  project            = var.project_id
  name               = each.key
  cluster            = var.cluster
  location           = var.region
  node_locations     = var.zones
  initial_node_count = 0

  autoscaling {
    total_min_node_count = each.value.nodes.min
    total_max_node_count = each.value.nodes.max
    location_policy      = "ANY" # in whichever zone there is a GPU
  }

  management {
    auto_repair  = true
    auto_upgrade = true
  }

  # A spare GPU is not to be had for an upgrade: one machine goes, then one comes.
  upgrade_settings {
    max_surge       = 0
    max_unavailable = 1
  }

  network_config {
    enable_private_nodes = true
  }

  node_config {
    machine_type    = var.machine_type
    spot            = each.value.spot
    disk_type       = "pd-balanced"
    disk_size_gb    = var.disk_size_gb
    image_type      = "COS_CONTAINERD"
    service_account = var.node_service_account
    oauth_scopes    = ["https://www.googleapis.com/auth/cloud-platform"]
    resource_labels = merge(var.labels, { pool = each.key })
    labels          = { "cloud.google.com/compute-class" = each.value.class }

    guest_accelerator {
      type  = var.accelerator
      count = var.gpus_per_node
      gpu_driver_installation_config {
        gpu_driver_version = "LATEST"
      }
    }

    taint {
      key    = "nvidia.com/gpu"
      value  = "present"
      effect = "NO_SCHEDULE"
    }
    taint {
      key    = "cloud.google.com/compute-class"
      value  = each.value.class
      effect = "NO_SCHEDULE"
    }

    # A spot machine is told 30 seconds ahead; this makes it 120, of which 100 are for the replica to hand its work back.
    kubelet_config {
      shutdown_grace_period_seconds               = 120
      shutdown_grace_period_critical_pods_seconds = 20
      insecure_kubelet_readonly_port_enabled      = "FALSE"
    }

    gcfs_config {
      enabled = true
    }
    gvnic {
      enabled = true
    }
    shielded_instance_config {
      enable_secure_boot          = true
      enable_integrity_monitoring = true
    }
    workload_metadata_config {
      mode = "GKE_METADATA"
    }
  }

  lifecycle {
    ignore_changes = [initial_node_count]
  }
}
