"""The three ready people of the development provider."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    """Somebody to sign in as. `can` is one line for the sign-in page."""

    subject: str
    email: str
    name: str
    group: str
    can: str

    @property
    def initials(self) -> str:
        """Two letters for the round picture."""
        return "".join(word[0] for word in self.name.split())

    def claims(self) -> dict[str, object]:
        """Return what the provider tells of this person."""
        return {
            "sub": self.subject,
            "email": self.email,
            "email_verified": True,
            "name": self.name,
            "groups": [self.group],
        }


PEOPLE = (
    Person("dana", "designer@example.com", "Dana Designer", "designers", "Generates images"),
    Person(
        "mira", "marketing@example.com", "Mira Marketing", "marketing", "Browses what the team made"
    ),
    Person(
        "alex", "admin@example.com", "Alex Admin", "admins", "Generates, and reviews what was held"
    ),
)
