# One studio on GKE: a network, a cluster with GPUs, a database, buckets, and who may use what. What runs on it is
# Kubernetes' (k8s/overlays/gke), which is told of all this by output params_env.

locals {
  name        = "atelier-${var.environment}"
  bucket      = "${var.project_id}-${local.name}"
  database_id = "${var.project_id}:${local.name}"
  agents      = "serviceAccount:service-${data.google_project.this.number}"

  # Keys call the multi-regions of buckets by other names.
  backup_key_location = lookup({ EU = "europe", US = "us", ASIA = "asia" }, var.backup_location, var.backup_location)

  labels = {
    app         = "atelier"
    environment = var.environment
    managed-by  = "terraform"
  }
}

data "google_project" "this" {
  project_id = var.project_id
}

# Made by asking for it; without it the key of the buckets has nobody to be used by.
data "google_storage_project_service_account" "this" {
  project = var.project_id
}

module "network" {
  source = "../../modules/network"

  project_id = var.project_id
  name       = local.name
  region     = var.region
  labels     = local.labels
}

module "edge" {
  source = "../../modules/edge"

  project_id          = var.project_id
  name                = local.name
  domain              = var.domain
  requests_per_minute = var.requests_per_minute
  labels              = local.labels
}

module "keys" {
  source = "../../modules/keys"

  project_id = var.project_id
  name       = local.name
  location   = var.region
  labels     = local.labels

  users = {
    cluster  = ["${local.agents}@container-engine-robot.iam.gserviceaccount.com"]
    database = ["${local.agents}@gcp-sa-cloud-sql.iam.gserviceaccount.com"]
    buckets  = ["serviceAccount:${data.google_storage_project_service_account.this.email_address}"]
  }
}

# Where a region that is lost takes nothing with it.
module "backup_keys" {
  source = "../../modules/keys"

  project_id = var.project_id
  name       = "${local.name}-off"
  location   = local.backup_key_location
  labels     = local.labels
  users      = { backups = ["serviceAccount:${data.google_storage_project_service_account.this.email_address}"] }
}

module "cluster" {
  source = "../../modules/cluster"

  project_id          = var.project_id
  name                = local.name
  region              = var.region
  network_id          = module.network.network_id
  subnetwork_id       = module.network.subnetwork_id
  pods_range          = module.network.pods_range
  services_range      = module.network.services_range
  kms_key             = module.keys.keys["cluster"]
  system_nodes        = var.system_nodes
  deletion_protection = var.deletion_protection
  labels              = local.labels
}

module "gpu_nodes" {
  source = "../../modules/gpu_nodes"

  project_id           = var.project_id
  name                 = local.name
  region               = var.region
  zones                = var.gpu_zones
  cluster              = module.cluster.name
  machine_type         = var.gpu_machine_type
  spot_nodes           = var.gpu_spot_nodes
  on_demand_nodes      = var.gpu_on_demand_nodes
  floor_nodes          = var.gpu_floor_nodes
  gpu_limit            = var.gpu_limit
  node_service_account = module.cluster.node_service_account
  labels               = local.labels
}

module "registry" {
  source = "../../modules/registry"

  project_id = var.project_id
  name       = local.name
  region     = var.region
  readers    = { nodes = "serviceAccount:${module.cluster.node_service_account}" }
  labels     = local.labels
}

module "identity" {
  source = "../../modules/identity"

  project_id          = var.project_id
  name                = local.name
  workload_pool       = module.cluster.workload_pool
  deletion_protection = var.deletion_protection
  labels              = local.labels

  accounts = {
    backend = {
      description      = "API, dispatchers and migrations"
      service_accounts = ["${var.namespace}/backend"]
    }
    inference = {
      description      = "Replicas that draw"
      service_accounts = ["${var.namespace}/inference", "${var.namespace}/inference-head"]
    }
    backup = {
      description      = "Copies of the database"
      service_accounts = ["${var.namespace}/backup"]
    }
  }

  secrets = {
    atelier-database-url       = ["backend", "backup"]
    atelier-secret-key         = ["backend"]
    atelier-oidc-client-secret = ["backend"]
    atelier-signing-chain      = ["backend"]
    atelier-signing-key        = ["backend"]
  }
}

module "database" {
  source = "../../modules/database"

  project_id          = var.project_id
  name                = local.name
  region              = var.region
  network_id          = module.network.database_network_id
  kms_key             = module.keys.keys["database"]
  tier                = var.database_tier
  highly_available    = var.database_highly_available
  deletion_protection = var.deletion_protection
  labels              = local.labels
}

module "images" {
  source = "../../modules/bucket"

  project_id = var.project_id
  name       = "${local.bucket}-images"
  location   = var.region
  kms_key    = module.keys.keys["buckets"]
  labels     = local.labels

  members = {
    backend = { role = "roles/storage.objectUser", member = "serviceAccount:${module.identity.emails["backend"]}" }
  }
}

module "weights" {
  source = "../../modules/bucket"

  project_id = var.project_id
  name       = "${local.bucket}-weights"
  location   = var.region
  kms_key    = module.keys.keys["buckets"]
  labels     = local.labels

  members = {
    inference = { role = "roles/storage.objectViewer", member = "serviceAccount:${module.identity.emails["inference"]}" }
  }
}

module "backups" {
  source = "../../modules/bucket"

  project_id        = var.project_id
  name              = "${local.bucket}-backups"
  location          = var.backup_location
  kms_key           = module.backup_keys.keys["backups"]
  expire_after_days = var.backup_days
  labels            = local.labels

  members = {
    backup = { role = "roles/storage.objectUser", member = "serviceAccount:${module.identity.emails["backup"]}" }
  }
}

module "monitoring" {
  source = "../../modules/monitoring"

  project_id  = var.project_id
  name        = local.name
  host        = var.domain
  emails      = var.alert_emails
  database_id = local.database_id
  labels      = local.labels
}

module "budget" {
  source = "../../modules/budget"

  billing_account = var.billing_account
  project_number  = data.google_project.this.number
  name            = local.name
  monthly_amount  = var.monthly_budget
  currency        = var.currency
  channels        = module.monitoring.channels
}
