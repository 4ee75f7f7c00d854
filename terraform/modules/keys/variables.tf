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

variable "location" {
  description = "Where the keys are: the region or multi-region of what they encrypt."
  type        = string
}

variable "users" {
  description = "For each purpose, who encrypts and decrypts with its key: Google's service agents, as members of IAM."
  type        = map(set(string))

  validation {
    condition     = alltrue([for member in flatten([for members in values(var.users) : tolist(members)]) : startswith(member, "serviceAccount:")])
    error_message = "users must be service accounts, such as { images = [\"serviceAccount:service-42@gs-project-accounts.iam.gserviceaccount.com\"] }."
  }
}

variable "rotation_days" {
  description = "After how many days a key gets a new version."
  type        = number
  default     = 90

  validation {
    condition     = var.rotation_days >= 1 && var.rotation_days <= 365
    error_message = "rotation_days must be from 1 to 365, such as 90."
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
