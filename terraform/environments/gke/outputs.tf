# What k8s/overlays/gke/params.env holds, name by name. Nothing here is secret: secrets are only named.

locals {
  # Google's front ends, which tell who asked.
  front_ends = ["35.191.0.0/16", "130.211.0.0/22", "${module.edge.address}/32"]

  params = {
    PROJECT_ID                = var.project_id
    HOSTNAME                  = var.domain
    PUBLIC_URL                = "https://${var.domain}"
    STATIC_ADDRESS            = module.edge.address_name
    CERTIFICATE_MAP           = module.edge.certificate_map
    SSL_POLICY                = module.edge.ssl_policy
    SECURITY_POLICY           = module.edge.security_policy
    TRUSTED_PROXIES           = join(",", local.front_ends)
    IMAGES_URL                = "${module.images.url}/atelier"
    WEIGHTS_BUCKET            = module.weights.name
    BACKUP_BUCKET             = module.backups.name
    DATABASE_CIDR             = module.network.database_cidr
    BACKEND_SERVICE_ACCOUNT   = module.identity.emails["backend"]
    INFERENCE_SERVICE_ACCOUNT = module.identity.emails["inference"]
    BACKUP_SERVICE_ACCOUNT    = module.identity.emails["backup"]
    GPU_SPOT_POOL             = module.gpu_nodes.pools.spot
    GPU_ON_DEMAND_POOL        = module.gpu_nodes.pools.on_demand
    GPU_FLOOR_POOL            = module.gpu_nodes.pools.floor
  }
}

output "params" {
  description = "What Kubernetes must be told."
  value       = local.params
}

output "kustomize_params" {
  description = "The same as a file: terraform output -raw kustomize_params > ../../../k8s/overlays/gke/params.env"
  value = join("", concat(
    ["# Written by `terraform output -raw kustomize_params` in terraform/environments/gke.\n"],
    [for name, value in local.params : "${name}=${value}\n"],
  ))
}

output "images" {
  description = "What comes before the names of the container images."
  value       = module.registry.url
}

output "database" {
  description = "The database's instance, address and name, of which the secret atelier-database-url is made."
  value       = { instance = module.database.instance, address = module.database.address, name = module.database.database }
}

output "secrets" {
  description = "Secrets in Secret Manager, to which you add values: gcloud secrets versions add <name> --data-file=-"
  value       = module.identity.secrets
}

output "address" {
  description = "The A record to make for the domain."
  value       = module.edge.address
}

output "certificate_record" {
  description = "The CNAME record to make, once, by which Google sees that the domain is yours."
  value       = module.edge.certificate_record
}

output "gpus" {
  description = "How many GPUs there are, at least and at most."
  value       = { min = module.gpu_nodes.gpus_min, max = module.gpu_nodes.gpus_max }
}

output "connect" {
  description = "How kubectl finds the cluster: by its DNS name, where IAM decides."
  value       = "gcloud container clusters get-credentials ${module.cluster.name} --location ${module.cluster.location} --project ${var.project_id} --dns-endpoint"
}
