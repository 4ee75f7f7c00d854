variable "project_id" {
  description = "The Google Cloud project, prepared by terraform/bootstrap."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "project_id must be 6 to 30 lower-case letters, digits and hyphens, beginning with a letter, such as acme-studio."
  }
}

variable "environment" {
  description = "Which studio this is; everything is named atelier-<environment>."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,9}$", var.environment))
    error_message = "environment must be 2 to 10 lower-case letters and digits, beginning with a letter, such as prod."
  }
}

variable "region" {
  description = "The region, which must have the GPUs."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region must be a region and not a zone, such as europe-west4."
  }
}

variable "gpu_zones" {
  description = "Zones of the region that have the GPUs: `gcloud compute accelerator-types list --filter=name=nvidia-l4`."
  type        = list(string)

  validation {
    condition     = length(var.gpu_zones) >= 1 && alltrue([for zone in var.gpu_zones : startswith(zone, "${var.region}-")])
    error_message = "gpu_zones must be one or more zones of region, such as [\"europe-west4-a\", \"europe-west4-b\"]."
  }
}

variable "domain" {
  description = "The name under which people open the studio."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,}$", var.domain))
    error_message = "domain must be a host name without https:// and without a path, such as studio.example.com."
  }
}

variable "namespace" {
  description = "The namespace of Kubernetes in which the studio runs; k8s/base says atelier."
  type        = string
  default     = "atelier"

  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$", var.namespace))
    error_message = "namespace must be 1 to 63 lower-case letters, digits and hyphens, such as atelier."
  }
}

variable "system_nodes" {
  description = "Machines without a GPU (4 cores, 16 GB), at least and at most, over all zones."
  type        = object({ min = number, max = number })
  default     = { min = 2, max = 6 }
}

variable "gpu_machine_type" {
  description = "The machine that draws, with one L4. More GPUs in a machine: see module gpu_nodes."
  type        = string
  default     = "g2-standard-8"
}

variable "gpu_spot_nodes" {
  description = "Machines with a GPU that may be taken back, at least and at most."
  type        = object({ min = number, max = number })
  default     = { min = 0, max = 3 }
}

variable "gpu_on_demand_nodes" {
  description = "Machines with a GPU where work goes when no spot machine is to be had, at least and at most."
  type        = object({ min = number, max = number })
  default     = { min = 0, max = 3 }
}

variable "gpu_floor_nodes" {
  description = "Machines with a GPU that always stay, at least and at most; an upgrade of Ray needs one more for a while."
  type        = object({ min = number, max = number })
  default     = { min = 1, max = 2 }
}

variable "gpu_limit" {
  description = "The most GPUs that may ever run at once: your quota, or what you are ready to pay."
  type        = number
  default     = 8

  validation {
    condition     = var.gpu_limit >= var.gpu_spot_nodes.max + var.gpu_on_demand_nodes.max + var.gpu_floor_nodes.max
    error_message = "gpu_limit must be at least gpu_spot_nodes.max + gpu_on_demand_nodes.max + gpu_floor_nodes.max, such as 8 for 3 + 3 + 2. Raise it, or lower a max."
  }
}

variable "database_tier" {
  description = "The database's machine: db-custom-<cores>-<MB of memory>."
  type        = string
  default     = "db-custom-2-8192"
}

variable "database_highly_available" {
  description = "Whether a second machine takes over by itself; it doubles the database's price."
  type        = bool
  default     = true
}

variable "backup_location" {
  description = "Where the nightly copies of the database lie: a region or multi-region other than region."
  type        = string

  validation {
    condition     = can(regex("^(EU|US|ASIA|[a-z]+-[a-z]+[0-9]+)$", var.backup_location)) && var.backup_location != var.region
    error_message = "backup_location must be a region or EU, US or ASIA, and not region itself, such as europe-north1."
  }
}

variable "backup_days" {
  description = "For how many days each nightly copy is kept."
  type        = number
  default     = 90

  validation {
    condition     = var.backup_days >= 7
    error_message = "backup_days must be at least 7, such as 90."
  }
}

variable "alert_emails" {
  description = "Who is told when the studio does not answer, and of the budget: at most five."
  type        = set(string)

  validation {
    condition     = length(var.alert_emails) >= 1 && length(var.alert_emails) <= 5
    error_message = "alert_emails must be one to five e-mail addresses, such as [\"studio-operators@example.com\"]."
  }
}

variable "billing_account" {
  description = "The billing account of the project."
  type        = string
}

variable "monthly_budget" {
  description = "What a month may cost before people are told; README.md estimates it."
  type        = number
}

variable "currency" {
  description = "The currency of the billing account."
  type        = string
  default     = "USD"
}

variable "requests_per_minute" {
  description = "How often one address may ask in a minute before it is answered 429; an office may be one address."
  type        = number
  default     = 1200
}

variable "deletion_protection" {
  description = "Whether cluster, database and secrets refuse to be destroyed."
  type        = bool
  default     = true
}
