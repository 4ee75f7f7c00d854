"""Share links: a gallery for guests without an account, read-only, for a while. A link leads to nothing else."""
