"""Signatures are those of Standard Webhooks: others' verifiers must take them."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode

import pytest

from backend.webhooks.signatures import PREFIX, headers_of, new_secret, sign

# The example of the specification's reference libraries.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE = ("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_published_example_is_signed_as_published() -> None:
    assert sign(SECRET, *MESSAGE) == SIGNATURE


def test_by_hand_from_the_definition() -> None:
    key = bytes(range(32))
    signed = hmac.new(key, "id.1.{“é”}".encode(), hashlib.sha256).digest()
    given = sign(PREFIX + b64encode(key).decode(), "id", 1, "{“é”}".encode())
    assert given == f"v1,{b64encode(signed).decode()}"


@pytest.mark.parametrize(
    "other", [("x", 1614265330, MESSAGE[2]), ("m", 1, MESSAGE[2]), (*MESSAGE[:2], b"{}")]
)
def test_id_time_and_body_are_all_signed(other: tuple[str, int, bytes]) -> None:
    assert sign(SECRET, *other) != SIGNATURE


def test_two_secrets_give_two_signatures_with_a_space_between() -> None:
    headers = headers_of(*MESSAGE, [SECRET, new_secret()])
    assert headers["webhook-id"] == MESSAGE[0]
    assert headers["webhook-timestamp"] == "1614265330"
    first, second = headers["webhook-signature"].split(" ")
    assert first == SIGNATURE
    assert second.startswith("v1,")
    assert second != first


def test_secrets_are_long_enough_and_all_different() -> None:
    made = {new_secret() for _ in range(100)}
    assert len(made) == 100
    for secret in made:
        assert secret.startswith("whsec_")
        assert 24 <= len(b64decode(secret.removeprefix("whsec_"))) <= 64
