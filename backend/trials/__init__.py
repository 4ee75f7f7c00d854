"""What another policy would do with the past: with images, from what was measured then, and with prompts. Looks at no pixel."""
