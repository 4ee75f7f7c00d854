"""Recipes: chains of edits that a person keeps, shares, and runs over pictures. Each step is an ordinary generation."""
