"""Two models drawn side by side, and people who say which they prefer without knowing which is which."""
