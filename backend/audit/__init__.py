"""The record of who did what: append-only rows, written in the transaction of the deed."""
