"""What another policy would do with the images of the past, from what was measured on them then. Looks at no pixel."""
