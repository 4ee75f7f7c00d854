"""Accepts, queues, stores, shares and moderates generations.

One folder a feature, over a small `kit/` of machinery. A feature has up to five files, the same in
every folder: `schemas` (wire shapes), `models` (rows), `repository` (the only door to the rows),
`service` (verbs, in the caller's transaction), `router` (HTTP). The order in which features may
import each other is checked by `make check`:

    app → api → dispatch → generations → moderation → catalog | images → accounts → audit → kit
"""
