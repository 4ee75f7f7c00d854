"""`python -m backend` is the `atelier` command."""

from __future__ import annotations

from backend.cli import main

main()
