"""Makes the API's routes on import, once for all processes that are forked from this one.

FastAPI makes of each what answers it when the first request comes, which takes a third of a second.
"""

from __future__ import annotations

from backend.app import create_app
from backend.kit.settings import Settings

create_app(Settings.model_construct()).openapi()
