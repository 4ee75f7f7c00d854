"""Figures over everything that was drawn: how much, for how many credits, how fast, and how much was held back."""
