"""What stands in the logs, and above all what does not."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from typing import Any

import pytest

from backend.accounts.credentials import compose_key, new_key_secret
from backend.kit.ids import new_id, new_secret
from backend.kit.keyring import KeyRing
from backend.kit.logs import configure_logging
from backend.webhooks.signatures import new_secret as new_webhook_secret
from inference.json_lines import JsonFormatter
from inference.logs import LogFormat, PlainFormatter
from inference.redaction import redacted, shown
from tests.fixtures.loggers import loggers_restored

CANARY = "Canary7lDEaLEVHn0r0yctwwPZtCaKZXE6qu4cj"  # always the same: xdist wants the same names everywhere
KEY = compose_key("0" * 26, CANARY.lower())
TOKEN = f"eyJhbGciOiJSUzI1NiJ9.{CANARY}.{CANARY}"


def record(**values: Any) -> logging.LogRecord:
    return logging.makeLogRecord({"name": "atelier", "levelname": "INFO", **values})


class TestLogs:
    def test_are_one_json_object_a_line(self) -> None:
        record = logging.makeLogRecord(
            {"name": "atelier", "levelname": "INFO", "msg": "two\nlines"}
        )
        line = JsonFormatter().format(record)
        assert "\n" not in line
        told = json.loads(line)
        assert (told["level"], told["message"]) == ("info", "two\nlines")
        assert told["at"].endswith("+00:00")

    def test_carry_the_exception(self) -> None:
        error = ValueError("bad")
        record = logging.makeLogRecord({"msg": "it broke", "exc_info": (ValueError, error, None)})
        assert "ValueError: bad" in json.loads(JsonFormatter().format(record))["exception"]

    def test_cannot_be_forged_by_a_line_break(self) -> None:
        record = logging.makeLogRecord({"msg": "a\nERROR forged", "levelname": "INFO", "name": "x"})
        assert PlainFormatter().format(record).count("\n") == 0


class TestConfigureLogging:
    @pytest.fixture(autouse=True)
    def _restore(self) -> Iterator[None]:
        with loggers_restored():
            yield

    @pytest.mark.parametrize("as_json", [True, False])
    def test_sends_to_standard_error(
        self, capsys: pytest.CaptureFixture[str], as_json: bool
    ) -> None:
        configure_logging("warning", LogFormat.JSON if as_json else LogFormat.PLAIN)
        logging.getLogger("atelier.test").info("quiet")
        logging.getLogger("atelier.test").warning("loud")
        said = capsys.readouterr().err
        assert "quiet" not in said
        assert "loud" in said
        assert said.startswith("{") is as_json

    def test_goes_below_warning_for_ours_alone(self, capsys: pytest.CaptureFixture[str]) -> None:
        configure_logging("debug")
        logging.getLogger("atelier.test").debug("ours")
        logging.getLogger("uvicorn.test").debug("the server")
        for other in ("sqlalchemy.engine", "httpcore2.http11", "authlib", "python_multipart", "x"):
            logging.getLogger(other).debug("theirs")
            logging.getLogger(other).info("theirs")
            logging.getLogger(other).warning("their warning")
        said = capsys.readouterr().err
        assert "ours" in said
        assert "the server" in said
        assert "theirs" not in said
        assert said.count("their warning") == 5


class TestRedacted:
    @pytest.mark.parametrize(
        "text",
        [
            f"key {CANARY}".replace("key ", "atl_" + "0" * 26 + "_"),
            f"Authorization: Bearer {CANARY}",
            f"authorization: basic {CANARY}==",
            f"(b'authorization', b'Bearer {CANARY}')",
            f"(b'Authorization', b'{CANARY}')",
            f"cookie: a=b; atelier_session={CANARY}; c=d",
            f"{{'cookie': 'x={CANARY}'}}",
            f"__Host-atelier={CANARY}; Path=/",
            f"(b'Set-Cookie', b'idp_session={CANARY}; HttpOnly')",
            f"GET /auth/oidc/callback?code={CANARY}&state={CANARY}&iss=https%3A%2F%2Fidp",
            f"GET /auth/login?next=%2F&invite={CANARY}",
            f"GET /s/{CANARY}/images/01x?variant=thumb",
            f"https://studio.example.com/s/{CANARY}",
            f"atelier_guest={CANARY}; Path=/s/x",
            f"GET /idp/authorize?scope=openid&nonce={CANARY}",
            f"/end?id_token_hint={CANARY}",
            f"{{'code': '{CANARY}', 'state': '{CANARY}'}}",
            f'{{"code":"{CANARY}"}}',
            f'"{{\\"client_secret\\": \\"{CANARY} and more\\"}}"',
            f"grant_type=authorization_code&code={CANARY}&code_verifier={CANARY}",
            f"client_secret={CANARY}",
            f"token was {TOKEN}.",
            f"whsec_{CANARY}=",
            f"postgresql+psycopg://atelier:{CANARY}@db/atelier",
            f"https://user:{CANARY}@proxy:3128",
            f"secret_key='{CANARY}'",
            f"ATELIER_SECRET_KEY={CANARY}",
            f'{{"prompt": "a red {CANARY}", "seed": 1}}',
            f"{{'prompt': \"a red dress's {CANARY}\", 'seed': 1}}",
            f'b\'{{"negative_prompt":"a \\"red\\" {CANARY}"}}\'',
            f"prompt='a red {CANARY}' seed=1",
            f"GET /api/v1/generations?search={CANARY}",
            f"DETAIL:  Failing row contains (01x, a red {CANARY}, null).",
            f"[type=string_too_long, input_value='a red {CANARY}', input_type=str]",
        ],
    )
    def test_takes_it_out(self, text: str) -> None:
        for form in (text, repr(text), json.dumps(text)):
            cleaned = redacted(form)
            assert CANARY not in cleaned, cleaned
            assert "[redacted]" in cleaned

    def test_takes_real_ones_out(self) -> None:
        for made in (
            compose_key(new_id(), new_key_secret()),
            new_webhook_secret(),
            KeyRing([new_secret()]).seal("words"),
        ):
            cleaned = redacted(f"it was {made}, then")
            assert made[31:] not in cleaned
            assert cleaned.startswith("it was ")
            assert cleaned.endswith(", then")

    def test_keeps_the_public_part_of_a_key(self) -> None:
        assert redacted(KEY) == f"atl_{'0' * 26}_[redacted]"

    @pytest.mark.parametrize(
        "text",
        [
            "GET /api/v1/images/{image_id} 200 in 4 ms",
            "the metadata names the issuer 'https://idp.example.com'",
            "exit code=1, state=queued, key=generations/01/a.webp",
            "sqlite:////var/atelier.db on http://127.0.0.1:8000/",
            "bearer of bad news; the cookies are cold",
            "generation 01m7zn4q4h38264zhtsgmxckq3 failed: storage_full",
        ],
    )
    def test_leaves_the_rest_alone(self, text: str) -> None:
        assert redacted(text) == text

    def test_is_quick_also_with_what_is_made_to_be_slow(self) -> None:
        began = time.perf_counter()
        for text in (
            "eyJ" * 20_000,
            '"prompt": "' + "\\" * 50_000,
            "://" + "a:" * 30_000,
            "&" * 50_000,
        ):
            redacted(text)
        assert time.perf_counter() - began < 5


class TestShown:
    @pytest.mark.parametrize(
        "control", ["\n", "\r", "\x1b[31m", "\x00", "\x7f", "\x85", "\u2028", "\u202e", "\x0b"]
    )
    def test_no_control_character_reaches_a_line(self, control: str) -> None:
        said = record(msg="a%sERROR forged", args=(control,))
        assert control[0] not in shown(f"a{control}b")
        assert control[0] not in PlainFormatter().format(said)
        line = JsonFormatter().format(said)
        assert control[0] not in line
        assert json.loads(line)["message"] == f"a{control}ERROR forged"

    def test_a_traceback_is_indented_and_redacted(self) -> None:
        error = ValueError(f"no\n12:00:00 ERROR   atelier forged {KEY}")
        said = record(msg="it broke", exc_info=(ValueError, error, None))
        first, *below = PlainFormatter().format(said).split("\n")
        assert first.endswith("atelier it broke")
        assert len(below) > 1
        assert {line[:4] for line in below} == {"  | "}
        for formatter in (PlainFormatter(), JsonFormatter()):
            assert CANARY.lower() not in formatter.format(said)


class TestAccessLines:
    @pytest.mark.parametrize(
        "target", [f"/api/v1/generations?whatever={CANARY}&limit=2", f"/gradio_api/call/{CANARY}/x"]
    )
    def test_lose_what_a_person_wrote_in_the_address(self, target: str) -> None:
        said = record(
            name="uvicorn.access",
            msg='%s - "%s %s HTTP/%s" %d',
            args=("127.0.0.1:5000", "GET", target, "1.1", 200),
        )
        for formatter in (PlainFormatter(), JsonFormatter()):
            line = formatter.format(said)
            assert CANARY not in line
            assert "GET [redacted] HTTP/1.1" in line
