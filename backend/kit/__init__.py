"""Machinery that imports no feature: settings, errors, database, queue, storage, clock."""
