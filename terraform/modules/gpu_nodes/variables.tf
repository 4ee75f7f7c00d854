variable "project_id" {
  description = "The Google Cloud project."
  type        = string
}

variable "name" {
  description = "What everything here is named after, such as atelier-prod."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 20 lower-case letters, digits and hyphens, beginning with a letter, such as atelier-prod."
  }
}

variable "region" {
  description = "The region, such as europe-west4."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region must be a region and not a zone, such as europe-west4."
  }
}

variable "cluster" {
  description = "Name of the cluster, from module cluster."
  type        = string
}

variable "zones" {
  description = "Zones of the region that have such GPUs; more zones find spot machines more often."
  type        = list(string)

  validation {
    condition     = length(var.zones) >= 1 && alltrue([for zone in var.zones : startswith(zone, "${var.region}-")])
    error_message = "zones must be one or more zones of region, such as [\"europe-west4-a\", \"europe-west4-b\"]."
  }
}

variable "machine_type" {
  description = "The machine. A g2-standard-8 has one L4, 8 cores and 32 GB."
  type        = string
  default     = "g2-standard-8"
}

variable "accelerator" {
  description = "The GPU as Google calls it."
  type        = string
  default     = "nvidia-l4"

  validation {
    condition     = can(regex("^nvidia-[a-z0-9-]+$", var.accelerator))
    error_message = "accelerator must be a GPU as Google calls it, such as nvidia-l4."
  }
}

variable "gpus_per_node" {
  description = "How many GPUs a machine has."
  type        = number
  default     = 1

  validation {
    condition     = contains([1, 2, 4, 8], var.gpus_per_node)
    error_message = "gpus_per_node must be 1, 2, 4 or 8, as the machine type has them, such as 1."
  }
}

variable "spot_nodes" {
  description = "How many spot machines there are, at least and at most, over all zones."
  type        = object({ min = number, max = number })
  default     = { min = 0, max = 3 }

  validation {
    condition     = var.spot_nodes.min >= 0 && var.spot_nodes.max >= var.spot_nodes.min
    error_message = "spot_nodes must be 0 or more with min no larger than max, such as { min = 0, max = 3 }."
  }
}

variable "on_demand_nodes" {
  description = "How many machines there are where work goes when no spot machine is to be had, at least and at most."
  type        = object({ min = number, max = number })
  default     = { min = 0, max = 3 }

  validation {
    condition     = var.on_demand_nodes.min >= 0 && var.on_demand_nodes.max >= var.on_demand_nodes.min
    error_message = "on_demand_nodes must be 0 or more with min no larger than max, such as { min = 0, max = 3 }."
  }
}

variable "floor_nodes" {
  description = "How many machines always stay, at least and at most. One more at most than at least: an upgrade of Ray needs it."
  type        = object({ min = number, max = number })
  default     = { min = 1, max = 2 }

  validation {
    condition     = var.floor_nodes.min >= 1 && var.floor_nodes.max > var.floor_nodes.min
    error_message = "floor_nodes must have a min of 1 or more and a larger max, such as { min = 1, max = 2 }; without a floor nothing draws when spot machines are taken back."
  }
}

variable "gpu_limit" {
  description = "The most GPUs that may ever run at once, over all pools: your quota, or what you are ready to pay."
  type        = number

  validation {
    condition     = var.gpu_limit >= (var.spot_nodes.max + var.on_demand_nodes.max + var.floor_nodes.max) * var.gpus_per_node
    error_message = "gpu_limit must be at least (spot_nodes.max + on_demand_nodes.max + floor_nodes.max) x gpus_per_node, such as 8 for 3 + 3 + 2 machines of one GPU. Raise it, or lower a max."
  }
}

variable "spot_class" {
  description = "The ComputeClass of Kubernetes of the pools spot and on demand."
  type        = string
  default     = "atelier-l4-spot"
}

variable "floor_class" {
  description = "The ComputeClass of Kubernetes of the floor."
  type        = string
  default     = "atelier-l4-floor"
}

variable "disk_size_gb" {
  description = "The disk of each machine, in GB: the CUDA image, and weights on their way."
  type        = number
  default     = 200

  validation {
    condition     = var.disk_size_gb >= 100 && var.disk_size_gb <= 2000
    error_message = "disk_size_gb must be from 100 to 2000, such as 200."
  }
}

variable "node_service_account" {
  description = "Who the nodes are, from module cluster."
  type        = string
}

variable "labels" {
  description = "Labels of everything that can bear some, as they appear on the bill."
  type        = map(string)

  validation {
    condition     = length(setsubtract(["app", "environment"], keys(var.labels))) == 0
    error_message = "labels must hold app and environment, such as { app = \"atelier\", environment = \"prod\" }."
  }
}
