"""Prompts before they are drawn: how one is read, and how long it is to the model that will draw it."""
