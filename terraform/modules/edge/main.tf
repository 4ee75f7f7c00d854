# What the world sees: an address, a certificate that renews itself, how fast one client may ask. The Gateway that
# listens there is Kubernetes' (k8s/overlays/gke); it names these by the outputs below.

resource "google_compute_global_address" "this" {
  project      = var.project_id
  name         = var.name
  address_type = "EXTERNAL"
  labels       = var.labels
}

resource "google_certificate_manager_dns_authorization" "this" {
  project = var.project_id
  name    = var.name
  domain  = var.domain
  labels  = var.labels
}

resource "google_certificate_manager_certificate" "this" {
  project = var.project_id
  name    = var.name
  labels  = var.labels

  managed {
    domains            = [var.domain]
    dns_authorizations = [google_certificate_manager_dns_authorization.this.id]
  }
}

resource "google_certificate_manager_certificate_map" "this" {
  project = var.project_id
  name    = var.name
  labels  = var.labels
}

resource "google_certificate_manager_certificate_map_entry" "this" {
  project      = var.project_id
  name         = var.name
  map          = google_certificate_manager_certificate_map.this.name
  certificates = [google_certificate_manager_certificate.this.id]
  hostname     = var.domain
  labels       = var.labels
}

resource "google_compute_ssl_policy" "this" {
  project         = var.project_id
  name            = var.name
  profile         = "MODERN"
  min_tls_version = "TLS_1_2"
}

# The studio limits people by what they ask for; this only keeps one address from drowning everybody.
# No ready-made rules against injections: they take prompts for attacks.
resource "google_compute_security_policy" "this" {
  project = var.project_id
  name    = var.name

  rule {
    description = "Slow down whoever asks too fast"
    action      = "throttle"
    priority    = 1000
    match {
      versioned_expr = "SRC_IPS_V1"
      config {
        src_ip_ranges = ["*"]
      }
    }
    rate_limit_options {
      conform_action = "allow"
      exceed_action  = "deny(429)"
      enforce_on_key = "IP"
      rate_limit_threshold {
        count        = var.requests_per_minute
        interval_sec = 60
      }
    }
  }

  rule {
    description = "Everybody else"
    action      = "allow"
    priority    = 2147483647
    match {
      versioned_expr = "SRC_IPS_V1"
      config {
        src_ip_ranges = ["*"]
      }
    }
  }
}
