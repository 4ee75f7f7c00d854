variable "project_id" {
  description = "The Google Cloud project, which exists already and has a billing account."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "project_id must be 6 to 30 lower-case letters, digits and hyphens, beginning with a letter, such as acme-studio."
  }
}

variable "location" {
  description = "Where the state is kept: a region such as europe-west4, or a multi-region such as EU."
  type        = string

  validation {
    condition     = can(regex("^(EU|US|ASIA|[a-z]+-[a-z]+[0-9]+)$", var.location))
    error_message = "location must be a region such as europe-west4, or EU, US or ASIA."
  }
}

variable "bucket_name" {
  description = "The bucket's name, one of a kind in the world; null makes it of the project's: <project_id>-atelier-state."
  type        = string
  default     = null

  validation {
    condition     = var.bucket_name == null || can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", coalesce(var.bucket_name, "-")))
    error_message = "bucket_name must be 3 to 63 lower-case letters, digits and hyphens, such as acme-studio-atelier-state."
  }
}

variable "labels" {
  description = "Labels of the bucket, as they appear on the bill."
  type        = map(string)
  default     = { app = "atelier", managed-by = "terraform" }
}
