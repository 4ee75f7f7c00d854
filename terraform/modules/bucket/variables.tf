variable "project_id" {
  description = "The Google Cloud project."
  type        = string
}

variable "name" {
  description = "The bucket's name, one of a kind in the world."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 63 lower-case letters, digits and hyphens, such as acme-studio-atelier-prod-images."
  }
}

variable "location" {
  description = "Where it is: the region of the cluster, so that reading costs nothing and is quick."
  type        = string
}

variable "kms_key" {
  description = "The key with which objects are encrypted, from module keys."
  type        = string
}

variable "noncurrent_days" {
  description = "For how many days what was overwritten or deleted is kept. What people erased is gone after these and soft_delete_days."
  type        = number
  default     = 14

  validation {
    condition     = var.noncurrent_days >= 1 && var.noncurrent_days <= 365
    error_message = "noncurrent_days must be from 1 to 365, such as 14."
  }
}

variable "soft_delete_days" {
  description = "For how many days Google keeps a deleted object, or the whole bucket, to be restored; 0 keeps nothing."
  type        = number
  default     = 7

  validation {
    condition     = var.soft_delete_days == 0 || (var.soft_delete_days >= 7 && var.soft_delete_days <= 90)
    error_message = "soft_delete_days must be 0 or from 7 to 90, such as 7."
  }
}

variable "nearline_after_days" {
  description = "After how many days an object moves to cheaper storage, which charges for reading; null never moves it."
  type        = number
  default     = null

  validation {
    condition     = try(var.nearline_after_days >= 30, var.nearline_after_days == null)
    error_message = "nearline_after_days must be null or at least 30, such as 90; Nearline bills thirty days in any case."
  }
}

variable "expire_after_days" {
  description = "After how many days an object is deleted by itself, as backups are; null keeps everything."
  type        = number
  default     = null

  validation {
    condition     = try(var.expire_after_days >= 7, var.expire_after_days == null)
    error_message = "expire_after_days must be null or at least 7, such as 90."
  }
}

variable "members" {
  description = "Who may do what, by a name of your choice: { studio = { role = \"roles/storage.objectUser\", member = \"serviceAccount:…\" } }."
  type        = map(object({ role = string, member = string }))

  validation {
    condition     = alltrue([for one in values(var.members) : startswith(one.member, "serviceAccount:")])
    error_message = "members must be service accounts and never everybody, such as { studio = { role = \"roles/storage.objectUser\", member = \"serviceAccount:studio@acme-studio.iam.gserviceaccount.com\" } }."
  }
  validation {
    condition     = alltrue([for one in values(var.members) : contains(["roles/storage.objectUser", "roles/storage.objectViewer"], one.role)])
    error_message = "members must have the role roles/storage.objectUser (read and write) or roles/storage.objectViewer (read)."
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
