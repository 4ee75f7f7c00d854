"""Likeness: which images look like one another, by the direction in which the safety checker's vision saw them."""
