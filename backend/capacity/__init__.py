"""`atelier capacity`: how many GPUs for how many designers, at what cost, and what breaks first beside them.

    history, a trace or designers → inference.capacity (virtual time) → tables, JSON, plots

Reads the database for `--from-history` only, and changes nothing.
"""
