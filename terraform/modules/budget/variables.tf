variable "billing_account" {
  description = "The billing account of the project."
  type        = string

  validation {
    condition     = can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.billing_account))
    error_message = "billing_account must be three groups of six, such as 01AB23-45CD67-89EF01."
  }
}

variable "project_number" {
  description = "The project's number; budgets know projects by it."
  type        = string
}

variable "name" {
  description = "What the budget is called, such as atelier-prod."
  type        = string
}

variable "monthly_amount" {
  description = "What a month may cost, in whole units of the currency."
  type        = number

  validation {
    condition     = var.monthly_amount >= 1 && floor(var.monthly_amount) == var.monthly_amount
    error_message = "monthly_amount must be a whole number of at least 1, such as 2500."
  }
}

variable "currency" {
  description = "The currency of the billing account."
  type        = string
  default     = "USD"

  validation {
    condition     = can(regex("^[A-Z]{3}$", var.currency))
    error_message = "currency must be a code of three letters, that of the billing account, such as USD."
  }
}

variable "thresholds" {
  description = "At which parts of the amount people are told."
  type        = list(number)
  default     = [0.5, 0.8, 1.0]

  validation {
    condition     = length(var.thresholds) >= 1 && alltrue([for part in var.thresholds : part > 0 && part <= 2])
    error_message = "thresholds must be parts from 0 to 2 and not per cent, such as [0.5, 0.8, 1.0]."
  }
}

variable "channels" {
  description = "Channels of Cloud Monitoring to tell, at most five, beside the account's administrators."
  type        = list(string)

  validation {
    condition     = length(var.channels) <= 5
    error_message = "channels must be at most 5, such as those of module monitoring."
  }
}
