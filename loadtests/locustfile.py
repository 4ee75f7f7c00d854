"""The study's load by hand, with Locust's own pages.

    locust -f loadtests/locustfile.py --host http://127.0.0.1:8010 [--headless]

Random prompts, four steps, five users more every 30 s up to 30. `loadtests.compare` runs the same
people from `loadtests.generator` instead, with a plan of its own.
"""

from __future__ import annotations

from loadtests.people import Asker, Course, PlannedShape
from loadtests.plans import Plan
from loadtests.shapes import staircase

_COURSE = Course(Plan(url="", stages=staircase(30)), tell=lambda _told: None)


class Person(Asker):
    """Asks for one image after another."""

    course = _COURSE


class StudyStaircase(PlannedShape):
    """Five users more every 30 s, up to 30."""

    abstract = False

    def __init__(self) -> None:
        super().__init__(_COURSE)
