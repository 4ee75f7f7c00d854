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

variable "workload_pool" {
  description = "The pool of identities of the cluster, from module cluster."
  type        = string
}

variable "accounts" {
  description = "The accounts, by the last part of their name: what for, which service accounts of Kubernetes act as it (namespace/name), and its roles in the project."
  type = map(object({
    description      = string
    service_accounts = set(string)
    project_roles    = optional(set(string), [])
  }))

  validation {
    condition     = alltrue(flatten([for one in values(var.accounts) : [for account in one.service_accounts : can(regex("^[a-z0-9-]+/[a-z0-9-]+$", account))]]))
    error_message = "accounts must name service accounts of Kubernetes as namespace/name and never all of them, such as atelier/api."
  }
  validation {
    condition     = alltrue(flatten([for one in values(var.accounts) : [for role in one.project_roles : can(regex("^roles/[a-z]+\\.[A-Za-z.]+$", role)) && !endswith(lower(role), "admin")]]))
    error_message = "accounts must have narrow roles, never roles/owner, roles/editor, roles/viewer or an administrator's, such as roles/cloudsql.client."
  }
  validation {
    condition     = alltrue([for key in keys(var.accounts) : length(var.name) + 1 + length(key) <= 30])
    error_message = "accounts must have short names: with name and a hyphen before it at most 30 characters, such as backend."
  }
}

variable "secrets" {
  description = "Secrets to make, by their names, and the accounts that may read each: { atelier-secret-key = [\"backend\"] }."
  type        = map(set(string))

  validation {
    condition     = length(setsubtract(flatten([for accounts in values(var.secrets) : tolist(accounts)]), keys(var.accounts))) == 0
    error_message = "secrets must be read by accounts that are in accounts, such as { atelier-secret-key = [\"backend\"] }."
  }
}

variable "deletion_protection" {
  description = "Whether Terraform refuses to delete a secret."
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
