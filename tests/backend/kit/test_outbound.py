"""Nothing that a person gives as an address leads inside: not by form, not by name, not by redirect."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from backend.kit.addresses import is_public
from backend.kit.outbound import (
    MOST_ANSWER_BYTES,
    Answer,
    Outbound,
    Refused,
    Resolve,
    Rules,
    Unreachable,
    check_url,
    resolve_name,
)
from tests.fixtures.receiver import Receiver, Reply

PUBLIC = Rules()
LOOPBACK = Rules(loopback=True)
NAME = "hooks.example.com"

INSIDE = [
    "0.0.0.0", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254",
    "168.63.129.16", "169.254.169.254", "172.16.0.1", "192.0.0.192", "192.0.2.1", "192.168.0.1",
    "192.88.99.1", "198.18.0.1", "203.0.113.9", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:0:7f00:1::f7f7:f7f7", "2001:db8::1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "fc00::1",
    "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "5f00::1", "nonsense",
]  # fmt: skip
OUTSIDE = ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]

UNACCEPTABLE = [
    "", "hooks.example.com", "ftp://hooks.example.com/", "file:///etc/passwd", "gopher://x.example",
    "http://hooks.example.com/", "https://", "https:///x", "https://hooks.example.com:8443/",
    "https://hooks.example.com:22/", "https://user@hooks.example.com/",
    "https://user:pass@hooks.example.com/", "https://hooks.example.com@127.0.0.1/",
    "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://0x7f.0.0.1/",
    "https://127.1/", "https://127.0.0.1./", "https://1２7.0.0.1/", "https://127。0。0。1/",
    "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/",
    "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://[fe80::1%25eth0]/",
    "https://169.254.169.254/latest/meta-data/", "https://ⓛocalhost/", "https://ex ample.com/",
    "https://hooks.example.com\\@127.0.0.1/", "https://hooks.example.com/\r\nHost: x",
    "https://hooks.example.com:99999/", "https://a..b/", "https://%31%32%37.0.0.1/",
    f"https://{'a' * 64}.example/", f"https://hooks.example.com/{'x' * 2000}",
]  # fmt: skip


class Names:
    """A resolver under our thumb: one answer after the other, the last one for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def post(
    url: str,
    rules: Rules = LOOPBACK,
    *,
    resolve: Resolve | None = None,
    timeout: float = 5.0,
    trust: ssl.SSLContext | None = None,
) -> Answer:
    names = resolve or Names(["127.0.0.1"])
    outbound = Outbound(rules, timeout=timeout, resolve=names, trust=trust)
    return asyncio.run(outbound.post(url, b"{}", {"content-type": "application/json"}))


class TestIsPublic:
    @pytest.mark.parametrize("address", INSIDE)
    def test_refuses_what_leads_inside(self, address: str) -> None:
        assert not is_public(address)

    @pytest.mark.parametrize("address", OUTSIDE)
    def test_takes_the_internet(self, address: str) -> None:
        assert is_public(address)


class TestCheckUrl:
    @pytest.mark.parametrize("url", UNACCEPTABLE)
    def test_refuses_in_words(self, url: str) -> None:
        with pytest.raises(Refused) as refused:
            check_url(url, PUBLIC)
        assert len(str(refused.value)) > 20

    @pytest.mark.parametrize(
        "url",
        [
            "https://hooks.example.com",
            "https://hooks.example.com:443/a?b=c",
            "HTTPS://Hooks.Example.Com/",
            "https://8.8.8.8/",
            "https://[2606:4700::1111]/",
        ],
    )
    def test_takes_what_may_be_asked(self, url: str) -> None:
        assert check_url(url, PUBLIC).scheme == "https"

    def test_knows_an_international_name_by_its_ascii_form(self) -> None:
        assert check_url("https://bücher.example/", PUBLIC).raw_host == b"xn--bcher-kva.example"

    def test_takes_another_port_by_setting(self) -> None:
        url = check_url("https://hooks.example.com:8443/", Rules(ports=frozenset({443, 8443})))
        assert url.port == 8443

    def test_takes_http_for_this_machine_only(self) -> None:
        assert check_url("http://127.0.0.1:9000/", LOOPBACK).port == 9000
        with pytest.raises(Refused):
            check_url("http://10.0.0.1:9000/", LOOPBACK)
        with pytest.raises(Refused):
            check_url("http://8.8.8.8/", LOOPBACK)


class TestWhereANameLeads:
    @pytest.mark.parametrize("address", INSIDE)
    def test_an_address_inside_is_refused(self, address: str) -> None:
        with pytest.raises(Refused, match="not on the public internet"):
            post(f"https://{NAME}/", PUBLIC, resolve=Names([address]))

    def test_one_bad_address_among_good_ones_is_enough(self) -> None:
        with pytest.raises(Refused):
            post(f"https://{NAME}/", PUBLIC, resolve=Names(["8.8.8.8", "10.0.0.1"]))

    def test_nothing_is_connected_to(self) -> None:
        with Receiver() as receiver:
            rules = Rules(ports=frozenset({receiver.port}))
            for url in (f"https://{NAME}:{receiver.port}/", f"https://127.0.0.1:{receiver.port}/"):
                with pytest.raises(Refused):
                    post(url, rules)
            assert receiver.connections == 0

    def test_is_asked_once_and_what_was_checked_is_connected_to(self) -> None:
        names = Names(["127.0.0.1"], ["10.0.0.1"])
        with Receiver() as receiver:
            url = f"http://{NAME}:{receiver.port}/hook"
            assert post(url, resolve=names).status == 200
            assert names.asked == [(NAME, receiver.port)]
            assert receiver.received[0].headers["host"] == f"{NAME}:{receiver.port}"
            with pytest.raises(Refused):  # the second look finds the rebound name
                post(url, resolve=names)

    def test_http_to_a_name_outside_is_refused_even_for_development(self) -> None:
        with pytest.raises(Refused, match="https"):
            post(f"http://{NAME}/", resolve=Names(["8.8.8.8"]))

    def test_a_second_address_is_tried_when_the_first_refuses(self) -> None:
        with Receiver() as receiver:
            url = f"http://{NAME}:{receiver.port}/"
            assert post(url, resolve=Names(["127.0.0.2", "127.0.0.1"])).status == 200

    def test_of_this_machine_is_looked_up_like_any_other(self) -> None:
        with Receiver() as receiver:
            url = f"http://localhost:{receiver.port}/"
            assert post(url, resolve=resolve_name).status == 200
            with pytest.raises(Refused, match="localhost leads to"):
                post("https://localhost/", PUBLIC, resolve=resolve_name)

    def test_a_name_without_an_address_is_unreachable(self) -> None:
        async def unknown(_host: str, _port: int) -> Sequence[str]:
            raise OSError("no such name")

        with pytest.raises(Unreachable, match="no such name"):
            post(f"https://{NAME}/", resolve=unknown)


class TestAnswer:
    def test_a_redirect_is_an_answer(self) -> None:
        with Receiver() as secret, Receiver() as receiver:
            receiver.answers.append(Reply(302, {"location": secret.url}))
            assert post(receiver.url).status == 302
            assert secret.connections == 0

    def test_is_read_to_a_bound(self) -> None:
        with Receiver() as receiver:
            receiver.answers.append(Reply(body=b"x" * 10_000_000))
            assert post(receiver.url).text == "x" * MOST_ANSWER_BYTES

    def test_of_any_bytes_is_text_that_a_database_takes(self) -> None:
        with Receiver() as receiver:
            receiver.answers.append(Reply(body=b"\xff\x00ok"))
            assert post(receiver.url).text == "��ok"

    @pytest.mark.parametrize("reply", [Reply(delay=60), Reply(body=b"x" * 600, drip=0.1)])
    def test_that_takes_too_long_is_not_waited_for(self, reply: Reply) -> None:
        begun = time.monotonic()
        with Receiver() as receiver:
            receiver.answers.append(reply)
            with pytest.raises(Unreachable, match=r"within 0\.5 seconds"):
                post(receiver.url, timeout=0.5)
        assert time.monotonic() - begun < 5

    def test_that_is_not_http_is_unreachable(self) -> None:
        with Receiver(tls=_certified(NAME)[0]) as receiver, pytest.raises(Unreachable):
            post(receiver.url)

    def test_of_nobody_is_unreachable(self) -> None:
        with Receiver() as receiver:
            receiver.down()
            with pytest.raises(Unreachable):
                post(receiver.url)

    def test_does_not_come_from_a_proxy_of_the_environment(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with Receiver() as receiver, Receiver() as proxy:
            for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
                monkeypatch.setenv(name, proxy.url)
            assert post(receiver.url).status == 200
            assert proxy.connections == 0


class TestTls:
    def test_the_certificate_must_be_of_the_name_though_the_address_is_pinned(self) -> None:
        server, trust = _certified(NAME)
        named: list[str | None] = []
        server.sni_callback = lambda _socket, name, _context: named.append(name)
        with Receiver(tls=server) as receiver:
            assert post(f"https://{NAME}:{receiver.port}/", trust=trust).status == 200
            assert named == [NAME]
            with pytest.raises(Unreachable, match="certificate"):
                post(f"https://other.example.com:{receiver.port}/", trust=trust)

    def test_a_certificate_of_nobody_we_trust_is_refused(self) -> None:
        with Receiver(tls=_certified(NAME)[0]) as receiver:
            with pytest.raises(Unreachable, match="certificate"):
                post(f"https://{NAME}:{receiver.port}/")
            assert receiver.received == []


def _certified(name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return the context of a server called `name`, and one that trusts it and nobody else."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    public = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _load(server, public + private)
    return server, ssl.create_default_context(cadata=public.decode())


def _load(context: ssl.SSLContext, pem: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "server.pem"
        path.write_bytes(pem)
        context.load_cert_chain(path)
