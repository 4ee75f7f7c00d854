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

variable "readers" {
  description = "Who pulls, by a name of your choice: members of IAM, such as { nodes = \"serviceAccount:…\" }."
  type        = map(string)

  validation {
    condition     = alltrue([for member in values(var.readers) : !contains(["allUsers", "allAuthenticatedUsers"], member)])
    error_message = "readers must not be everybody; name a service account, such as { nodes = \"serviceAccount:atelier-nodes@acme-studio.iam.gserviceaccount.com\" }."
  }
}

variable "kept_versions" {
  description = "How many versions of each image are always kept."
  type        = number
  default     = 20

  validation {
    condition     = var.kept_versions >= 2
    error_message = "kept_versions must be at least 2, to roll back to, such as 20."
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
