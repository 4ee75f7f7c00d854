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
  description = "The network, once Cloud SQL can be reached in it: database_network_id of module network."
  type        = string
}

variable "kms_key" {
  description = "The key with which disk and backups are encrypted, from module keys."
  type        = string
}

variable "postgres_version" {
  description = "The version of PostgreSQL, as Cloud SQL writes it."
  type        = string
  default     = "POSTGRES_17"

  validation {
    condition     = contains(["POSTGRES_15", "POSTGRES_16", "POSTGRES_17"], var.postgres_version)
    error_message = "postgres_version must be POSTGRES_15, POSTGRES_16 or POSTGRES_17, such as POSTGRES_17."
  }
}

variable "tier" {
  description = "The machine: db-custom-<cores>-<MB of memory>."
  type        = string
  default     = "db-custom-2-8192"

  validation {
    condition     = can(regex("^db-custom-(1|[0-9]*[02468])-[0-9]+$", var.tier)) && try(tonumber(split("-", var.tier)[3]) % 256, 1) == 0
    error_message = "tier must be db-custom-<1 or an even number of cores>-<MB, a multiple of 256>, such as db-custom-2-8192."
  }
}

variable "highly_available" {
  description = "Whether a second machine in another zone takes over by itself; it doubles the price."
  type        = bool
  default     = true
}

variable "disk_size_gb" {
  description = "The disk at first, in GB."
  type        = number
  default     = 20

  validation {
    condition     = var.disk_size_gb >= 10
    error_message = "disk_size_gb must be at least 10, such as 20; it grows by itself and never shrinks."
  }
}

variable "disk_limit_gb" {
  description = "How far the disk may grow by itself, in GB."
  type        = number
  default     = 200

  validation {
    condition     = var.disk_limit_gb >= var.disk_size_gb
    error_message = "disk_limit_gb must not be smaller than disk_size_gb, such as 200."
  }
}

variable "retained_backups" {
  description = "How many daily backups are kept."
  type        = number
  default     = 30

  validation {
    condition     = var.retained_backups >= 7 && var.retained_backups <= 365
    error_message = "retained_backups must be from 7 to 365, such as 30."
  }
}

variable "recovery_days" {
  description = "How many days back the database can be set to any second."
  type        = number
  default     = 7

  validation {
    condition     = var.recovery_days >= 1 && var.recovery_days <= 7
    error_message = "recovery_days must be from 1 to 7, such as 7."
  }
}

variable "deletion_protection" {
  description = "Whether Terraform, and Google, refuse to delete the database."
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
