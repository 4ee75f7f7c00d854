"""What takes two people: one asks for it, another one confirms the very same. Knows nothing of what that is."""
