"""How fast this device has lately been, so that waits can be foretold.

Work is counted in units of UNet rows × pixels; see `Generation.units_left`.
"""

from __future__ import annotations

WEIGHT_OF_NEWEST = 0.2
FIRST_GUESS = 1e-6  # seconds a unit before anything was measured: about 0.13 s a guided 256² step


class Pace:
    """A running average of seconds per unit."""

    def __init__(self) -> None:
        self._seconds_per_unit = FIRST_GUESS
        self._measured = False

    def observe(self, units: float, seconds: float) -> None:
        """Learn that `units` took `seconds`."""
        newest = seconds / units
        weight = WEIGHT_OF_NEWEST if self._measured else 1.0
        self._seconds_per_unit += weight * (newest - self._seconds_per_unit)
        self._measured = True

    def seconds_for(self, units: float) -> float:
        """Return how long `units` will about take."""
        return units * self._seconds_per_unit
