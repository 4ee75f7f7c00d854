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

variable "domain" {
  description = "The name under which people open the studio."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,}$", var.domain))
    error_message = "domain must be a host name without https:// and without a path, such as studio.example.com."
  }
}

variable "requests_per_minute" {
  description = "How often one address may ask in a minute before it is answered 429. An open page asks a few dozen times."
  type        = number
  default     = 1200

  validation {
    condition     = var.requests_per_minute >= 60 && var.requests_per_minute <= 1000000
    error_message = "requests_per_minute must be from 60 to 1000000, such as 1200; an office behind one address needs more than one person."
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
