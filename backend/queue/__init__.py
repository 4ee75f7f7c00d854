"""The queue as its operator sees it: who waits for what, letting it run dry, and what could not be done."""
