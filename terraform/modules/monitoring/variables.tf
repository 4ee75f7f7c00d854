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

variable "host" {
  description = "The name under which people open the studio."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,}$", var.host))
    error_message = "host must be a host name without https:// and without a path, such as studio.example.com."
  }
}

variable "path" {
  description = "What is asked for every minute; must be answered without signing in."
  type        = string
  default     = "/healthz"

  validation {
    condition     = startswith(var.path, "/")
    error_message = "path must begin with a slash, such as /healthz."
  }
}

variable "emails" {
  description = "Who is told."
  type        = set(string)

  validation {
    condition     = length(var.emails) >= 1 && alltrue([for email in var.emails : can(regex("^[^@ ]+@[^@ ]+\\.[a-z]+$", email))])
    error_message = "emails must be one or more e-mail addresses, such as [\"studio-operators@example.com\"]."
  }
}

variable "database_id" {
  description = "The database as Cloud Monitoring names it: <project>:<instance>."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9:.-]+:[a-z0-9-]+$", var.database_id))
    error_message = "database_id must be <project>:<instance>, such as acme-studio:atelier-prod."
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
