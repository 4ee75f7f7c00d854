"""Runs queued generations: claims them, follows their events, and cleans up after the dead."""
