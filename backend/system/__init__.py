"""What an administrator must know to act: how each part of the studio stands, and what to do about it."""
