"""What a policy must be as a whole, beyond the limits of each field: no name twice, no concept in two categories."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from backend.kit.errors import FieldProblem, Unprocessable
from backend.policies.schemas import PolicyDocument


def check(document: PolicyDocument) -> None:
    """Return if the document means one thing only.

    Raises:
        Unprocessable: A name or a concept stands in two places, or a rule is about no category.
    """
    problems = list(_problems(document))
    if problems:
        raise Unprocessable(f"{problems[0].field}: {problems[0].message}", fields=problems)


def _problems(document: PolicyDocument) -> Iterable[FieldProblem]:
    for name in _twice(one.name for one in document.categories):
        yield _problem("document.categories", f"two categories are called “{name}”", "once each")
    for concept in _twice(word for one in document.categories for word in set(one.concepts)):
        yield _problem(
            "document.categories", f"the concept “{concept}” stands in two categories", "in one"
        )
    for name in _twice(one.name for one in document.terms):
        yield _problem("document.terms", f"two rules are called “{name}”", "once each")
    names = sorted(one.name for one in document.categories)
    for place, rule in enumerate(document.terms):
        if rule.category not in names:
            message = f"there is no category “{rule.category}”"
            yield _problem(
                f"document.terms.{place}.category", message, f"one of {', '.join(names)}"
            )


def _twice(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


def _problem(field: str, message: str, limit: str) -> FieldProblem:
    return FieldProblem(field=field, message=message, limit=limit)
