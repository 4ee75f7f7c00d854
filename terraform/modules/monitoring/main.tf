# Looking from outside: is the studio there, is its certificate good, does the database have room. What only the
# studio knows (queue, steps, held images) has its rules in Kubernetes, beside what exports it.

resource "google_monitoring_notification_channel" "email" {
  for_each = var.emails

  project      = var.project_id
  display_name = "${var.name}: ${each.value}"
  type         = "email"
  labels       = { email_address = each.value }
  user_labels  = var.labels
}

resource "google_monitoring_uptime_check_config" "studio" {
  project      = var.project_id
  display_name = "${var.name}: ${var.host}"
  period       = "60s"
  timeout      = "10s"
  user_labels  = var.labels

  http_check {
    path         = var.path
    port         = 443
    use_ssl      = true
    validate_ssl = true
    accepted_response_status_codes {
      status_class = "STATUS_CLASS_2XX"
    }
  }

  monitored_resource {
    type   = "uptime_url"
    labels = { project_id = var.project_id, host = var.host }
  }
}

locals {
  channels = [for channel in google_monitoring_notification_channel.email : channel.name]
  check    = google_monitoring_uptime_check_config.studio.uptime_check_id

  # A rule is broken when the value, reduced over one period, stays above its limit for the whole duration.
  rules = {
    unreachable = {
      title     = "The studio does not answer"
      severity  = "CRITICAL"
      filter    = "metric.type=\"monitoring.googleapis.com/uptime_check/check_passed\" AND resource.type=\"uptime_url\" AND metric.labels.check_id=\"${local.check}\""
      aligner   = "ALIGN_NEXT_OLDER"
      reducer   = "REDUCE_COUNT_FALSE"
      duration  = "180s"
      limit     = 1
      below     = false
      what_next = "Two regions or more get no answer from https://${var.host}${var.path}. Look at the Gateway and at the pods of the API; docs/operate/incidents.md has the first hour."
    }
    certificate = {
      title     = "The certificate ends within two weeks"
      severity  = "WARNING"
      filter    = "metric.type=\"monitoring.googleapis.com/uptime_check/time_until_ssl_cert_expires\" AND resource.type=\"uptime_url\" AND metric.labels.check_id=\"${local.check}\""
      aligner   = "ALIGN_NEXT_OLDER"
      reducer   = "REDUCE_MIN"
      duration  = "600s"
      limit     = 14
      below     = true
      what_next = "It renews itself as long as the CNAME record of output certificate_record is there. Look whether it still is."
    }
    database_disk = {
      title     = "The database's disk is nearly full"
      severity  = "WARNING"
      filter    = "metric.type=\"cloudsql.googleapis.com/database/disk/utilization\" AND resource.type=\"cloudsql_database\" AND resource.labels.database_id=\"${var.database_id}\""
      aligner   = "ALIGN_MAX"
      reducer   = "REDUCE_MAX"
      duration  = "600s"
      limit     = 0.85
      below     = false
      what_next = "It grew to its limit. Raise disk_limit_gb, or set how long things are kept (docs/operate/retention.md)."
    }
  }
}

resource "google_monitoring_alert_policy" "this" {
  for_each = local.rules

  project               = var.project_id
  display_name          = "${var.name}: ${each.value.title}"
  severity              = each.value.severity
  combiner              = "OR"
  notification_channels = local.channels
  user_labels           = var.labels

  conditions {
    display_name = each.value.title
    condition_threshold {
      filter          = each.value.filter
      comparison      = each.value.below ? "COMPARISON_LT" : "COMPARISON_GT"
      threshold_value = each.value.limit
      duration        = each.value.duration
      aggregations {
        alignment_period     = "60s"
        per_series_aligner   = each.value.aligner
        cross_series_reducer = each.value.reducer
        group_by_fields      = ["resource.label.project_id"]
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = each.value.what_next
  }
}
