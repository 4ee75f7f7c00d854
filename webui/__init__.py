"""The pages of the studio: what people see, and nothing they decide.

Knows the backend by its HTTP API and its wire shapes only. Holds no secret and no database.

Gradio reads its environment while it is imported, so what keeps it quiet is said here, before any
module of ours imports it: no analytics, no calls home, no statistics over past events.
"""

import os

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", "1000000000")
os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
