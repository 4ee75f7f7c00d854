"""Measures a running studio from the outside, over HTTP. Imports nothing of it."""
