"""Invites: links that let one person in, once. Who else may come in is `backend.accounts.admission`'s."""
