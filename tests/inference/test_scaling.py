"""How many replicas a backlog is worth."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import pytest

from inference.scaling import BACKLOG, BacklogPolicy, replicas_for


@dataclass
class Seen:
    aggregated_metrics: dict[str, dict[str, float]] | None = None
    current_num_replicas: int = 3
    policy_state: dict[str, float] = field(default_factory=dict)


@pytest.mark.parametrize(
    ("backlogs", "replicas"),
    [([], 1), ([0.0], 1), ([4.0], 1), ([4.1], 2), ([6.0, 6.0], 3), ([40.0, 0.0], 10)],
)
def test_enough_to_work_it_off_in_time(backlogs: list[float], replicas: int) -> None:
    assert replicas_for(backlogs, target_s=4.0) == replicas


def test_a_backlog_that_is_no_number_counts_as_none() -> None:
    assert replicas_for([math.nan, math.inf, 8.0], target_s=4.0) == 2


def test_the_policy_reads_what_the_replicas_tell() -> None:
    told = {BACKLOG: {"one": 7.0, "other": 2.0}}
    assert BacklogPolicy(target_s=3.0)(Seen(told)) == (3, {})


@pytest.mark.parametrize("told", [None, {}, {BACKLOG: {}}])
def test_nothing_changes_before_anybody_has_told(told: dict[str, dict[str, float]] | None) -> None:
    assert BacklogPolicy()(Seen(told)) == (3, {})


@pytest.mark.parametrize("target", [0, -1, math.nan])
def test_a_target_that_cannot_be_meant_is_refused(target: float) -> None:
    with pytest.raises(ValueError, match="target_s must be above 0 seconds"):
        BacklogPolicy(target)
