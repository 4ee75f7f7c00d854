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

variable "nodes_cidr" {
  description = "Addresses of the nodes: /22 is 1,020 nodes."
  type        = string
  default     = "10.10.0.0/22"

  validation {
    condition     = can(cidrhost(var.nodes_cidr, 4)) && try(tonumber(split("/", var.nodes_cidr)[1]), 0) >= 16
    error_message = "nodes_cidr must be an IPv4 range of /16 or smaller, such as 10.10.0.0/22."
  }
}

variable "pods_cidr" {
  description = "Addresses of the pods: a node takes a /24 of it, so that /16 is 256 nodes."
  type        = string
  default     = "10.20.0.0/16"

  validation {
    condition     = can(cidrhost(var.pods_cidr, 4)) && try(tonumber(split("/", var.pods_cidr)[1]), 99) <= 21
    error_message = "pods_cidr must be an IPv4 range of /21 or larger, such as 10.20.0.0/16; each node takes a /24 of it."
  }
}

variable "services_cidr" {
  description = "Addresses of the cluster's services."
  type        = string
  default     = "10.30.0.0/20"

  validation {
    condition     = can(cidrhost(var.services_cidr, 4)) && try(tonumber(split("/", var.services_cidr)[1]), 99) <= 27
    error_message = "services_cidr must be an IPv4 range of /27 or larger, such as 10.30.0.0/20."
  }
}

variable "database_prefix_length" {
  description = "How large a range Cloud SQL gets, as the length of its prefix."
  type        = number
  default     = 20

  validation {
    condition     = var.database_prefix_length >= 16 && var.database_prefix_length <= 24
    error_message = "database_prefix_length must be from 16 to 24, such as 20."
  }
}

variable "flow_sampling" {
  description = "The part of the network's flows that is logged, from 0 to 1."
  type        = number
  default     = 0.1

  validation {
    condition     = var.flow_sampling >= 0 && var.flow_sampling <= 1
    error_message = "flow_sampling must be from 0 to 1, such as 0.1."
  }
}

variable "labels" {
  description = "Labels of everything that can bear some, as they appear on the bill."
  type        = map(string)

  validation {
    condition     = length(setsubtract(["app", "environment"], keys(var.labels))) == 0
    error_message = "labels must hold app and environment, such as { app = \"atelier\", environment = \"prod\" }."
  }
}
