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

variable "network_id" {
  description = "The network, from module network."
  type        = string
}

variable "subnetwork_id" {
  description = "The subnetwork of the nodes, from module network."
  type        = string
}

variable "pods_range" {
  description = "Name of the pods' range in the subnetwork."
  type        = string
}

variable "services_range" {
  description = "Name of the services' range in the subnetwork."
  type        = string
}

variable "kms_key" {
  description = "The key with which Kubernetes' secrets are encrypted, from module keys."
  type        = string
}

variable "release_channel" {
  description = "How soon Google brings new versions of Kubernetes."
  type        = string
  default     = "REGULAR"

  validation {
    condition     = contains(["REGULAR", "STABLE"], var.release_channel)
    error_message = "release_channel must be REGULAR or STABLE; RAPID brings versions that GPU drivers do not know yet."
  }
}

variable "maintenance_window" {
  description = "When Google may upgrade: two times in UTC (RFC 3339) and how the span between them recurs (RFC 5545)."
  type        = object({ start_time = string, end_time = string, recurrence = string })
  default = {
    start_time = "2026-01-03T02:00:00Z"
    end_time   = "2026-01-03T08:00:00Z"
    recurrence = "FREQ=WEEKLY;BYDAY=SA,SU"
  }

  validation {
    condition     = can(timecmp(var.maintenance_window.start_time, var.maintenance_window.end_time)) && try(timecmp(timeadd(var.maintenance_window.start_time, "4h"), var.maintenance_window.end_time), 1) <= 0
    error_message = "maintenance_window must last at least 4 hours, in UTC, such as start_time 2026-01-03T02:00:00Z and end_time 2026-01-03T08:00:00Z."
  }
  validation {
    condition     = startswith(var.maintenance_window.recurrence, "FREQ=")
    error_message = "maintenance_window.recurrence must be a rule of RFC 5545, such as FREQ=WEEKLY;BYDAY=SA,SU."
  }
}

variable "system_machine_type" {
  description = "The machines of the pool without GPUs: API, pages, dispatchers and Ray's head."
  type        = string
  default     = "e2-standard-4"
}

variable "system_nodes" {
  description = "How many such machines there are, at least and at most, over all zones."
  type        = object({ min = number, max = number })
  default     = { min = 2, max = 6 }

  validation {
    condition     = var.system_nodes.min >= 1 && var.system_nodes.max >= var.system_nodes.min && var.system_nodes.max <= 100
    error_message = "system_nodes must be from 1 to 100 with min no larger than max, such as { min = 2, max = 6 }."
  }
}

variable "deletion_protection" {
  description = "Whether `terraform destroy` refuses the cluster. Set it to false and apply before you mean to."
  type        = bool
  default     = true
}

variable "labels" {
  description = "Labels of everything that can bear some, as they appear on the bill."
  type        = map(string)

  validation {
    condition     = length(setsubtract(["app", "environment"], keys(var.labels))) == 0
    error_message = "labels must hold app and environment, such as { app = \"atelier\", environment = \"prod\" }."
  }
}
