"""Everything the studio keeps, saved elsewhere and put back into an empty place: rows, files, the chain of the audit.

    rows of one moment → snapshots/MOMENT/rows/*.jsonl.gz
    the files that they name → files/ (one copy, however many snapshots name it)
    manifest.json, last: without it a snapshot is none

The same whichever database and storage it came from, so it also moves a studio from SQLite to PostgreSQL. Does not hold
the secret keys, which open what the rows keep sealed: they are kept apart.
"""
