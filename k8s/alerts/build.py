"""Wraps the alert rules for Managed Service for Prometheus: python k8s/alerts/build.py.

The rules are written once, in `rules.yaml`; GKE takes them as a custom resource.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
WRAPPED: Final = HERE.parent / "components" / "monitoring-gmp" / "rules.yaml"
_HEAD: Final = """\
# Made of k8s/alerts/rules.yaml by k8s/alerts/build.py; change that one.
apiVersion: monitoring.googleapis.com/v1
kind: Rules
metadata:
  name: atelier
spec:
"""


def wrapped() -> str:
    """Return the custom resource that holds the rules."""
    _, _, groups = (HERE / "rules.yaml").read_text().partition("groups:\n")
    lines = ["groups:", *groups.splitlines()]
    return _HEAD + "".join(f"  {line}".rstrip() + "\n" for line in lines)


if __name__ == "__main__":
    WRAPPED.write_text(wrapped(), encoding="utf-8")
