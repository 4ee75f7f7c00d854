"""Turns generation requests into images; knows nothing of users, SQL or who asks."""
