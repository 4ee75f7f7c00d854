"""Telling other programs what happened: addresses of people, and an outbox of what they must be told.

A message is written in the transaction of what it tells, so that nothing is told that did not happen and
nothing that happened stays untold. Sending is `backend.dispatch.deliveries`' work.
"""
