"""Tells a browser and its system from what it calls itself, in words that a person knows. Guesses nothing.

A handful of rules and not a database of agents: an owner has to tell their own few browsers apart, and
what no rule knows is honestly unknown. The text comes from the browser and may lie.
"""

from __future__ import annotations

import re
from typing import Final

# Each calls itself by several names; the first rule that fits is the one that others imitate least.
_BROWSERS: Final = (
    (r"\bEdg(?:e|A|iOS)?/", "Edge"),
    (r"\b(?:OPR|Opera)/", "Opera"),
    (r"\bVivaldi/", "Vivaldi"),
    (r"\bSamsungBrowser/", "Samsung Internet"),
    (r"\b(?:Firefox|FxiOS)/", "Firefox"),
    (r"\b(?:Chrome|CriOS|Chromium|HeadlessChrome)/", "Chrome"),
    (r"\bVersion/[\d.]+ .*\bSafari/", "Safari"),
    (r"\bcurl/", "curl"),
    (r"\bpython-(?:requests|httpx)/", "Python"),
)
_SYSTEMS: Final = (
    (r"\biPhone\b", "iPhone"),
    (r"\biPad\b", "iPad"),
    (r"\bAndroid\b", "Android"),
    (r"\bCrOS\b", "ChromeOS"),
    (r"\bWindows\b", "Windows"),
    (r"\bMac OS X\b|\bMacintosh\b", "macOS"),
    (r"\bLinux\b", "Linux"),
)


def browser_of(user_agent: str) -> str | None:
    """Return what browser it says to be, or None."""
    return _first(_BROWSERS, user_agent)


def system_of(user_agent: str) -> str | None:
    """Return what it says to run on, or None."""
    return _first(_SYSTEMS, user_agent)


def _first(rules: tuple[tuple[str, str], ...], text: str) -> str | None:
    return next((name for pattern, name in rules if re.search(pattern, text)), None)
