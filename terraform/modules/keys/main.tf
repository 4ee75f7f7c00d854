# Keys of our own for what lies at rest. One for each purpose, so that one can be taken away without the others.

locals {
  grants = merge([
    for purpose, members in var.users : {
      for member in members : "${purpose}/${member}" => { purpose = purpose, member = member }
    }
  ]...)
}

resource "google_kms_key_ring" "this" {
  project  = var.project_id
  name     = var.name
  location = var.location
}

resource "google_kms_crypto_key" "this" {
  for_each = var.users

  name                       = each.key
  key_ring                   = google_kms_key_ring.this.id
  purpose                    = "ENCRYPT_DECRYPT"
  rotation_period            = "${var.rotation_days * 24 * 3600}s"
  destroy_scheduled_duration = "${30 * 24 * 3600}s"
  labels                     = var.labels

  # Without its key a backup is noise.
  lifecycle {
    prevent_destroy = true
  }
}

resource "google_kms_crypto_key_iam_member" "user" {
  for_each = local.grants

  crypto_key_id = google_kms_crypto_key.this[each.value.purpose].id
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = each.value.member
}
