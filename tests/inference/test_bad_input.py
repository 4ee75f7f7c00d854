"""Whatever is sent, the answer says what was wrong and what would be right, and the next one is drawn."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from inference.app import create_app
from inference.engine import Engine
from inference.protocol import Scheduler
from inference.refusals import DRAWS, MAX_BODY_BYTES, MAX_DRAWN_OVER_BYTES

GOOD = {"prompt": "a red dress", "num_inference_steps": 1}
MEGABYTE = 2**20
LONGEST_ANSWER = 1500  # bytes; every answer is for people
SIDE = "between 64 and 1024 in steps of 8"
SEED = "between -1 and 4294967295"

# What is sent as one more parameter; the status; what the message has to tell.
VALUES: list[tuple[str, Any, int, list[str]]] = [
    ("model", "sdxl", 404, ["'sdxl'", "choose one of tiny"]),
    ("model", "\ud800", 422, ["model", "unicode"]),
    ("model", "x" * 101, 422, ["model", "at most 100 characters"]),
    ("scheduler", "heun", 422, ["scheduler", *Scheduler]),
    ("scheduler", 5, 422, ["scheduler", *Scheduler]),
    ("priority", "now", 422, ["priority", "high", "normal", "low"]),
    ("loras", [{"name": "x", "scale": 1}], 422, ["loras", "no LoRA with tiny", "'x'", "leave it"]),
    ("loras", [{"name": "x", "scale": 2.5}], 422, ["loras", "between -2 and 2", "not 2.5"]),
    ("loras", [{"name": "x", "scale": float("nan")}], 422, ["loras", "not nan", "-2"]),
    ("loras", [{"name": "", "scale": 1}], 422, ["loras", "at least 1 character"]),
    ("loras", [{"name": "x" * 101}], 422, ["loras", "at most 100 characters"]),
    ("loras", [{"name": "\ud800"}], 422, ["loras", "unicode"]),
    (
        "loras",
        [{"name": "x", "path": "/etc"}],
        422,
        ["loras.0.path", "is not a field here", "scale"],
    ),
    ("loras", [{"name": str(k)} for k in range(9)], 422, ["loras", "8"]),
    ("prompt", "a dress <lora:x:1>", 422, ["loras", "no LoRA with tiny", "'x'"]),
    ("adapter", "x", 422, ["adapter", "is not a field here", "scheduler"]),
    ("lora" * MEGABYTE, 1, 413, ["body", "at most"]),
    ("lora" * 1000, 1, 422, ["loralora", "is not a field here"]),
    ("\ud800", 1, 422, ["valid", "unicode"]),
    ("prompt", "{|red}", 422, ["prompt", "come out empty", "outside the braces"]),
    ("prompt", "{a|b}" * 33, 422, ["prompt", "more than 4294967296 ways"]),
    ("negative_prompt", "{" * 9 + "}" * 9, 422, ["negative_prompt", "more than 8 deep"]),
    ("width", 250, 422, ["width", SIDE, "not 250", "248"]),
    ("width", 2048, 422, ["width", SIDE, "not 2048", "1024"]),
    ("height", 0, 422, ["height", SIDE, "not 0", "64"]),
    ("num_inference_steps", 0, 422, ["num_inference_steps", "between 1 and 100", "not 0", "1"]),
    ("num_inference_steps", None, 422, ["num_inference_steps", "between 1 and 100", "not None"]),
    ("seed", -2, 422, ["seed", SEED, "not -2", "-1"]),
    ("seed", 2**32, 422, ["seed", SEED, "not 4294967296", "4294967295"]),
    ("seed", 10**4000, 422, ["seed", SEED, "4294967295"]),
    ("seed", 1.5, 422, ["seed", "an integer", SEED, "not 1.5", "a good value is -1"]),
    ("seed", "x", 422, ["seed", "an integer", SEED, "not 'x'", "a good value is -1"]),
    ("seed", "x" * 9000, 422, ["seed", SEED]),
    ("seed", "9" * 9000, 422, ["seed", SEED]),
    ("seed", float("inf"), 422, ["seed", SEED, "not inf"]),
    ("seed", [[[[[[[[[1]]]]]]]]], 422, ["seed", SEED]),
    ("guidance_scale", float("nan"), 422, ["guidance_scale", "between 1 and 30", "not nan", "1"]),
    ("guidance_scale", float("inf"), 422, ["guidance_scale", "between 1 and 30", "inf", "30"]),
    ("guidance_scale", float("-inf"), 422, ["guidance_scale", "between 1 and 30", "-inf", "1"]),
    ("guidance_scale", 10**400, 422, ["guidance_scale", "between 1 and 30"]),
    ("guidance_scale", "much", 422, ["guidance_scale", "a number", "not 'much'"]),
    ("init_image", "x", 422, ["pictures.init_image is required", "parameters.init_image"]),
    ("init_image", "../x", 422, ["init_image", "pattern"]),
    ("mask", "x", 422, ["mask", "needs an init_image"]),
    ("outpaint", {"left": 8}, 422, ["outpaint", "needs an init_image"]),
    ("strength", 0, 422, ["strength", "between 0.01 and 1", "0.01"]),
    ("mask_blur", 65, 422, ["mask_blur", "between 0 and 64", "64"]),
    ("variation_strength", 1.1, 422, ["variation_strength", "between 0 and 1", "1"]),
    ("variation_seed", -2, 422, ["variation_seed", SEED, "-1"]),
    ("num_images", 9, 422, ["num_images", "between 1 and 8", "not 9", "8"]),
    ("prompt", "x" * 2001, 422, ["prompt", "at most 2000 characters, not 2001"]),
    ("prompt", "x" * 3 * MEGABYTE, 413, ["body", "at most"]),
    ("prompt", "a \ud800 dress", 422, ["prompt", "Unicode", r"'\ud800' at 2"]),
    ("prompt", "a \0 dress", 422, ["prompt", "Unicode", r"'\x00' at 2"]),
    ("prompt", None, 422, ["prompt", "string"]),
    ("prompt", " ", 422, ["prompt", "for example"]),
    ("negative_prompt", "\udfff", 422, ["negative_prompt", "Unicode"]),
    ("negative_prompt", "x" * 2001, 422, ["negative_prompt", "at most 2000 characters"]),
]

# What stands in the parameters' place, as it goes over the wire; what the message has to tell.
WORDS: list[tuple[bytes, list[str]]] = [
    (b'{"prompt": "x", "width": 512, "height": 512}', ["65536 pixels", "not 512×512", "64×64"]),
    (b'{"prompt": "a red dress", "guidance_scale": 1e999}', ["guidance_scale", "not inf", "30"]),
    (b'{"prompt": "a red dress", "guidance_scale": -Infinity}', ["guidance_scale", "1"]),
    (b'{"prompt": "a red dress", "seed": NaN}', ["seed", SEED]),
    (b'{"prompt": "a red dress", "seed": ' + b"9" * 5000 + b"}", ["body", "JSON"]),
    (b'{"prompt": ' + b"[" * 900 + b"]" * 900 + b"}", ["prompt", "string"]),
    (b'{"prompt": "a red dress", "seed": ' + b"[" * 900 + b"]" * 900 + b"}", ["seed", SEED]),
    (b'{"prompt": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", ["body", "JSON"]),
    (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, ["body", "JSON"]),
    (b"{" + b",".join(b'"k%d": 1' % k for k in range(5000)) + b"}", ["prompt", "more"]),
    (b'{"prompt": "\xff\xfe"}', ["body", "JSON"]),
    (b"{", ["body", "JSON"]),
    (b"a red dress", ["body", "JSON"]),
    (b"[]", ["object"]),
    (b'"a red dress"', ["object"]),
    (b"null", ["object"]),
    (b"{}", ["prompt", "required"]),
]


@pytest.fixture(scope="module")
def http(tiny_engine: Engine) -> Iterator[TestClient]:
    with TestClient(create_app(tiny_engine), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(params=["/v1/generate", "/predict"])
def path(request: pytest.FixtureRequest) -> str:
    """Each way to ask."""
    return str(request.param)


def post(http: TestClient, path: str, parameters: bytes, kind: str = "json") -> httpx2.Response:
    """Send `parameters`, which need not be JSON, in the shape that `path` wants."""
    body = b'{"parameters": ' + parameters + b"}" if path == "/v1/generate" else parameters
    return http.post(path, content=body, headers={"Content-Type": f"application/{kind}"})


def told(answer: httpx2.Response) -> str:
    """The message of a refusal, which is strict JSON, brief and of the shape of all others."""
    assert len(answer.content) < LONGEST_ANSWER
    refusal = json.loads(answer.content, parse_constant=pytest.fail)
    assert refusal.keys() == {"code", "message", "retryable"}
    assert refusal["retryable"] is False
    return str(refusal["message"])


@pytest.fixture(autouse=True)
def _the_next_good_one_is_drawn(http: TestClient, path: str) -> Iterator[None]:
    yield
    answer = post(http, path, json.dumps(GOOD).encode())
    assert answer.status_code == 200
    assert path == "/predict" or "event: done" in answer.text


class TestBadInput:
    @pytest.mark.parametrize(
        "case", VALUES, ids=[f"{k}-{case[0][:20]!a}" for k, case in enumerate(VALUES)]
    )
    def test_a_value_is_refused_by_name_with_its_limit(
        self, http: TestClient, path: str, case: tuple[str, object, int, list[str]]
    ) -> None:
        name, value, status, wanted = case
        if status == 413 and path == DRAWS:  # where pictures may come along there is room for it
            status, wanted = 422, []
        answer = post(http, path, json.dumps({"prompt": "a red dress", name: value}).encode())
        assert answer.status_code == status
        message = told(answer)
        assert [word for word in wanted if word not in message] == [], message

    @pytest.mark.parametrize(("words", "wanted"), WORDS, ids=range(len(WORDS)))
    def test_words_that_are_no_parameters(
        self, http: TestClient, path: str, words: bytes, wanted: list[str]
    ) -> None:
        answer = post(http, path, words)
        assert answer.status_code == 422
        message = told(answer)
        assert [word for word in wanted if word not in message] == [], message

    @pytest.mark.parametrize("kind", ["x-www-form-urlencoded", "octet-stream", "xml", "no/kind"])
    def test_another_content_type(self, http: TestClient, path: str, kind: str) -> None:
        answer = post(http, path, json.dumps(GOOD).encode(), kind)
        assert answer.status_code == 422
        assert "application/json" in told(answer)

    def test_no_body_at_all(self, http: TestClient, path: str) -> None:
        answer = http.post(path)
        assert answer.status_code == 422
        assert "body" in told(answer)

    def test_a_body_without_end_is_cut_off(self, http: TestClient, path: str) -> None:
        sent = 0

        def endless() -> Iterator[bytes]:
            nonlocal sent
            while sent < MAX_DRAWN_OVER_BYTES + 4 * MEGABYTE:
                sent += 2**16
                yield b" " * 2**16

        answer = http.post(path, content=endless(), headers={"Content-Type": "application/json"})
        assert answer.status_code == 413
        most = MAX_DRAWN_OVER_BYTES if path == DRAWS else MAX_BODY_BYTES
        assert f"at most {most} bytes" in told(answer)


@pytest.mark.parametrize("number", ["9" * 5000, "-1", "x", "²"])
def test_a_last_event_id_that_is_no_number_tells_everything(http: TestClient, number: str) -> None:
    answer = http.post(
        "/v1/generate",
        json={"parameters": GOOD},
        headers={b"Last-Event-ID": number.encode()},
    )
    assert answer.status_code == 200
    assert "event: done" in answer.text


@pytest.mark.parametrize(
    ("pictures", "parameters", "wanted"),
    [
        ({"init_image": "%%%"}, {"init_image": "x"}, ["pictures.init_image", "base64"]),
        ({"init_image": ""}, {"init_image": "x"}, ["pictures.init_image", "1 to 16777216 bytes"]),
        ({"init_image": "eHh4"}, {}, ["parameters.init_image must name the picture"]),
        ({"mask": "eHh4"}, {}, ["parameters.mask must name the picture"]),
        ({"sketch": "eHh4"}, {}, ["pictures.sketch", "not a field here", "init_image, mask"]),
        (
            {"init_image": "eHh4"},
            {"init_image": "x", "width": 64, "outpaint": {"left": 8}},
            ["width must be at least 72", "not 64"],
        ),
        (
            {"init_image": "eHh4"},
            {"init_image": "x", "outpaint": {"left": 7}},
            ["outpaint.left", "in steps of 8", "8"],
        ),
    ],
)
def test_pictures_that_do_not_go_with_the_parameters(
    http: TestClient, pictures: dict[str, str], parameters: dict[str, Any], wanted: list[str]
) -> None:
    body = {"parameters": {**GOOD, **parameters}, "pictures": pictures}
    answer = http.post(DRAWS, json=body)
    assert answer.status_code == 422
    message = told(answer)
    assert [word for word in wanted if word not in message] == [], message
