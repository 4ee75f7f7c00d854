output "keys" {
  description = "The key of each purpose, once it may be used."
  value       = { for purpose, key in google_kms_crypto_key.this : purpose => key.id }
  depends_on  = [google_kms_crypto_key_iam_member.user]
}
