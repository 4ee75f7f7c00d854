"""Presets: named ways to draw that a person keeps, shares with their team, or is given. Written around a prompt."""
