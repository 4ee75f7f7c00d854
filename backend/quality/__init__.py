"""How good moderation is, as far as people's decisions tell: precision, recall and agreement, each with its interval."""
