mock_provider "google" {}

variables {
  project_id = "acme-studio"
  name       = "atelier-prod"
  region     = "europe-west4"
  network_id = "projects/acme-studio/global/networks/atelier-prod"
  kms_key    = "projects/acme-studio/locations/europe-west4/keyRings/atelier-prod/cryptoKeys/database"
  labels     = { app = "atelier", environment = "prod" }
}

run "private_kept_and_without_a_password" {
  assert {
    condition     = google_sql_database_instance.this.deletion_protection && google_sql_database_instance.this.settings[0].deletion_protection_enabled
    error_message = "the database can be deleted by mistake"
  }
  assert {
    condition     = !google_sql_database_instance.this.settings[0].ip_configuration[0].ipv4_enabled
    error_message = "the database has a public address"
  }
  assert {
    condition     = google_sql_database_instance.this.settings[0].ip_configuration[0].ssl_mode == "ENCRYPTED_ONLY"
    error_message = "the database talks in the clear"
  }
  assert {
    condition     = google_sql_database_instance.this.settings[0].backup_configuration[0].point_in_time_recovery_enabled
    error_message = "there is no going back to a point in time"
  }
  assert {
    condition     = google_sql_database_instance.this.settings[0].backup_configuration[0].backup_retention_settings[0].retained_backups == 30
    error_message = "backups are not kept"
  }
  assert {
    condition     = google_sql_database_instance.this.settings[0].availability_type == "REGIONAL"
    error_message = "a zone that fails takes the database with it"
  }
  assert {
    condition     = google_sql_database_instance.this.root_password == null
    error_message = "there is a password in the state"
  }
  assert {
    condition     = output.database == "atelier"
    error_message = "the database is called something else"
  }
}

run "may_do_with_one_zone" {
  command = plan
  variables {
    highly_available = false
  }

  assert {
    condition     = google_sql_database_instance.this.settings[0].availability_type == "ZONAL"
    error_message = "staging pays for two machines"
  }
}

run "refuses_three_cores" {
  command = plan
  variables {
    tier = "db-custom-3-8192"
  }
  expect_failures = [var.tier]
}

run "refuses_an_old_version" {
  command = plan
  variables {
    postgres_version = "POSTGRES_11"
  }
  expect_failures = [var.postgres_version]
}

run "refuses_a_disk_that_may_not_grow" {
  command = plan
  variables {
    disk_size_gb  = 100
    disk_limit_gb = 50
  }
  expect_failures = [var.disk_limit_gb]
}

run "refuses_a_tiny_disk" {
  command = plan
  variables {
    disk_size_gb = 1
  }
  expect_failures = [var.disk_size_gb]
}

run "refuses_three_backups" {
  command = plan
  variables {
    retained_backups = 3
  }
  expect_failures = [var.retained_backups]
}

run "refuses_a_month_of_logs" {
  command = plan
  variables {
    recovery_days = 30
  }
  expect_failures = [var.recovery_days]
}
