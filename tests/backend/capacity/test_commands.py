"""`atelier capacity` as a person types it: an answer, JSON, plots, a trace, what the studio was asked, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from backend.capacity import history
from backend.capacity.limits import reached_by, read_limits, scales
from backend.cli import app
from backend.generations import service
from inference.capacity.arrivals import Ask, Designers, read_trace, write_trace
from inference.capacity.engines import CapacityError, engine_named, read_engines, written
from inference.protocol import GenerationParameters
from tests.fixtures.actors import actor_of, add_user
from tests.fixtures.scripted import CARD
from tests.fixtures.workshop import Workshop


def typed(*words: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["capacity", *words])
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """Forty asks a second apart, two GPUs' worth."""
    asks = [Ask(seconds=float(k), steps=8, width=512, height=512) for k in range(40)]
    write_trace(asks, tmp_path / "trace.csv")
    return tmp_path / "trace.csv"


def test_a_trace_is_answered_in_json_and_drawn(trace: Path, tmp_path: Path) -> None:
    code, said, error = typed(
        "--trace", str(trace), "--within", "3", "--seeds", "1", "--json", "--out", str(tmp_path / "p")
    )  # fmt: skip
    assert code == 0, error
    plan = json.loads(said)
    assert plan["engine"]["source"] == "estimate"
    rows = {row["gpus"]: row["p95"]["high"] for row in plan["answer"]["rows"]}
    enough = plan["answer"]["gpus"]
    assert rows[enough] <= 3
    assert all(p95 > 3 for gpus, p95 in rows.items() if gpus < enough)
    assert {row["name"] for row in plan["day"]} >= {"on demand, always there", "spot, always there"}
    for name in ("capacity-gpus.png", "capacity-cost.png"):
        assert (tmp_path / "p" / name).read_bytes().startswith(b"\x89PNG")


def test_says_in_words_that_a_figure_is_an_estimate(trace: Path) -> None:
    code, said, _ = typed("--trace", str(trace), "--seeds", "1")
    assert code == 0
    assert "estimate" in said
    assert "95 of 100 wait at most 10 s" in said.replace("\n", " ")


def test_no_number_of_gpus_makes_one_image_faster(trace: Path) -> None:
    code, said, _ = typed("--trace", str(trace), "--within", "0.1", "--seeds", "1")
    assert code == 0
    assert "No number of GPUs is enough" in said


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--designers", "0"), "--designers is 0; it must be 1 to 100,000, for example 30"),
        (("--sketches", "2"), "--sketches is 2.0; it must be 0 to 1, for example 0.8"),
        (("--within", "0"), "--within is 0.0; it must be above 0 seconds, for example 10"),
        (("--seeds", "0"), "--seeds is 0; it must be 1 to 50, for example 5"),
        (("--hours", "99"), "--hours is 99; it must be above 0 and at most 24, for example 1"),
        (("--engine", "abacus"), "--engine is 'abacus'; it must be one of l4, h200"),
        (("--spot-price", "-1"), "--spot-price is -1.0; it must be 0 USD an hour or more"),
        (("--measure", "mine.json"), "must end in .toml, for example mine.toml"),
    ],
)
def test_what_is_wrong_is_told_with_its_limit_and_a_good_value(
    words: tuple[str, ...], told: str
) -> None:
    code, said, error = typed(*words)
    assert (code, said) == (1, "")
    assert told in " ".join(error.split())


def test_a_wrong_line_of_a_trace_is_named(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("seconds,steps\n0,4\n1,0\n")
    with pytest.raises(
        CapacityError, match=r"line 3: steps: .* greater than or equal to 1.*example 4"
    ):
        read_trace(file)


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl"])
def test_a_trace_comes_back_as_it_was_written(tmp_path: Path, name: str) -> None:
    asks = Designers(number=3).asks(600, seed=2)
    write_trace(asks, tmp_path / name)
    assert read_trace(tmp_path / name) == asks


def test_an_engine_comes_back_as_it_was_written(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(written(engine_named("l4")))
    assert engine_named(str(tmp_path / "mine.toml")) == engine_named("l4")


def test_a_wrong_engine_file_names_the_field_and_a_good_value(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(written(engine_named("l4")).replace("row_cap = 8", "row_cap = 1"))
    with pytest.raises(CapacityError, match=r"row_cap: .*example row_cap = 8"):
        read_engines(file)


def test_every_limit_says_where_it_was_measured_and_the_lowest_breaks_first() -> None:
    limits = read_limits()
    assert {limit.part for limit in limits} >= {"database", "gateway", "storage"}
    assert all(limit.source.startswith("docs/") for limit in limits)
    engine = engine_named("l4")
    reached = reached_by(engine, limits)
    assert [one.gpus for one in reached] == sorted(one.gpus for one in reached)
    small, large = scales(engine, limits, (1, 50))
    assert small.breaks == []
    assert large.breaks[0] == "dispatcher"


def test_history_is_read_without_a_prompt_and_the_busiest_hour_found(workshop: Workshop) -> None:
    actor = actor_of(add_user(workshop.context.database))
    with workshop.context.database.write() as session:
        for steps in (2, 3):
            asked = GenerationParameters(prompt="a secret coat", num_inference_steps=steps)
            service.submit(session, workshop.context, actor, asked, CARD)
    with workshop.context.database.read() as session:
        from backend.kit.clock import utc_now

        asks = history.asks_since(session, history.days_ago(utc_now(), 1))
        with pytest.raises(CapacityError, match="--days, for example 30"):
            history.asks_since(session, utc_now())
    assert [ask.steps for ask in asks] == [2, 3]
    assert asks[0].seconds == 0
    assert "secret" not in repr(asks)


def test_the_busiest_time_is_where_the_most_steps_were_asked_for() -> None:
    quiet = [Ask(seconds=600.0 * k) for k in range(12)]
    rush = [Ask(seconds=9000 + k, steps=30) for k in range(20)]
    found = history.busiest([*quiet, *rush], 0.5)
    assert [ask.steps for ask in found] == [30] * 20
    assert found[0].seconds == 0
