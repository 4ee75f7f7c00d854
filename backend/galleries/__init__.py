"""Galleries: what a team gathers, whom it shows it to, and who may change it. Knows no image but by its id."""
