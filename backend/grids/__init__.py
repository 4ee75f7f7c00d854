"""Grids: one prompt drawn with every combination of up to three settings' values. Each cell is an ordinary generation."""
