output "pools" {
  description = "Names of the pools by what they are for: spot, on_demand and floor."
  value = {
    spot      = google_container_node_pool.this["gpu-spot"].name
    on_demand = google_container_node_pool.this["gpu-on-demand"].name
    floor     = google_container_node_pool.this["gpu-floor"].name
  }
}

output "gpus_min" {
  description = "How many GPUs there always are."
  value       = (var.spot_nodes.min + var.on_demand_nodes.min + var.floor_nodes.min) * var.gpus_per_node
}

output "gpus_max" {
  description = "How many GPUs there can be at once, over all pools."
  value       = (var.spot_nodes.max + var.on_demand_nodes.max + var.floor_nodes.max) * var.gpus_per_node
}
