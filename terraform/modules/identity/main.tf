# Who the pods are. A service account of Kubernetes acts as one of Google's without any key (Workload Identity), and
# each may open the secrets that are listed for it. Secrets are made empty; their values never pass through Terraform.

locals {
  bindings = merge([
    for account, given in var.accounts : {
      for service_account in given.service_accounts : "${account}/${service_account}" => {
        account = account, service_account = service_account
      }
    }
  ]...)

  roles = merge([
    for account, given in var.accounts : {
      for role in given.project_roles : "${account}/${role}" => { account = account, role = role }
    }
  ]...)

  readers = merge([
    for secret, accounts in var.secrets : {
      for account in accounts : "${secret}/${account}" => { secret = secret, account = account }
    }
  ]...)
}

resource "google_service_account" "this" {
  for_each = var.accounts

  project      = var.project_id
  account_id   = "${var.name}-${each.key}"
  display_name = each.value.description
}

resource "google_service_account_iam_member" "workload" {
  for_each = local.bindings

  service_account_id = google_service_account.this[each.value.account].name
  role               = "roles/iam.workloadIdentityUser"
  member             = "serviceAccount:${var.workload_pool}[${each.value.service_account}]"
}

resource "google_project_iam_member" "this" {
  for_each = local.roles

  project = var.project_id
  role    = each.value.role
  member  = "serviceAccount:${google_service_account.this[each.value.account].email}"
}

resource "google_secret_manager_secret" "this" {
  for_each = var.secrets

  project             = var.project_id
  secret_id           = each.key
  labels              = var.labels
  deletion_protection = var.deletion_protection
  version_destroy_ttl = "${7 * 24 * 3600}s"

  replication {
    auto {}
  }
}

resource "google_secret_manager_secret_iam_member" "reader" {
  for_each = local.readers

  project   = var.project_id
  secret_id = google_secret_manager_secret.this[each.value.secret].secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = "serviceAccount:${google_service_account.this[each.value.account].email}"
}
