terraform {
  required_version = ">= 1.11, < 2.0"

  # Which bucket, and which part of it, is said at `terraform init -backend-config=backend.hcl`.
  backend "gcs" {}

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 7.28"
    }
  }
}

provider "google" {
  project = var.project_id
  region  = var.region

  # Budgets are asked for in the name of this project.
  user_project_override = true
  billing_project       = var.project_id
}
