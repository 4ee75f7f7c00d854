"""What a Serve config file may say, and that the one in the documents says it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

PAGE = Path(__file__).parents[2] / "docs" / "operate" / "ray-serve.md"
pytestmark = pytest.mark.ray


def options(**given: Any) -> Any:
    from inference.serve_app import ServeOptions

    return ServeOptions(**given)


def test_the_config_in_the_documents_can_be_built() -> None:
    from inference.serve_app import build

    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    for application in yaml.safe_load(text)["applications"]:
        assert application["import_path"] == "inference.serve_app:build"
        assert application["route_prefix"] == f"/m/{application['args']['models'][0]}"
        assert build(options(**application["args"]))


def test_a_fixed_number_of_replicas_does_not_scale() -> None:
    assert options(min_replicas=2).scale() == {"num_replicas": 2}


def test_a_range_scales_by_backlog() -> None:
    scale = options(min_replicas=1, max_replicas=3, target_backlog_s=2).scale()
    config = scale["autoscaling_config"]
    assert (config.min_replicas, config.max_replicas) == (1, 3)
    policy = config.policy
    assert policy.policy_kwargs == {"target_s": 2}
    assert policy.get_policy()(**policy.policy_kwargs)


@pytest.mark.parametrize("field", ["min_replicas", "target_backlog_s", "slots"])
def test_nothing_is_refused_by_name(field: str) -> None:
    with pytest.raises(ValidationError, match=field):
        options(**{field: 0})
