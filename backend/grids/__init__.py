"""Grids: one prompt drawn with every combination of two settings' values. Each cell is an ordinary generation."""
