"""By which addresses browsers may be told to come: https, or this machine alone."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from backend.accounts.cookies import HOST_COOKIE, session_cookie_name
from backend.kit.settings import Settings

ISSUER = "https://issuer.example.com"


def at(public_url: str, host: str = "127.0.0.1") -> Settings:
    return Settings(public_url=public_url, host=host, oidc_issuer=ISSUER)


class TestPublicUrl:
    @pytest.mark.parametrize(
        "wrong",
        [
            "http://studio.example.com",
            "http://studio.example.com:8000/",
            "http://10.0.0.7",
            "http://128.0.0.1",
            "http://0.0.0.0:8000",
            "http://[2001:db8::1]:8000",
            "http://localhost.example.com",
            "http://notlocalhost",
            "http://localhost@studio.example.com",
            "HTTP://studio.example.com",
            "HTTPS://studio.example.com",  # would be taken for http by whoever looks at its first letters
            "studio.example.com",
            "//studio.example.com",
            "ftp://localhost",
            "https://",
        ],
    )
    def test_is_refused_where_others_could_read_along(self, wrong: str) -> None:
        with pytest.raises(ValidationError, match="ATELIER_PUBLIC_URL=https://") as refused:
            at(wrong)
        assert "session cookies" in str(refused.value)

    @pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "studio.example.com"])
    def test_is_asked_for_where_others_can_reach_the_studio(self, host: str) -> None:
        with pytest.raises(ValidationError, match="ATELIER_PUBLIC_URL"):
            at("", host)
        assert at("https://studio.example.com", host).base_url == "https://studio.example.com"

    @pytest.mark.parametrize(
        "here",
        [
            "",
            "http://localhost:8000",
            "http://127.0.0.1",
            "http://127.8.9.10:8000/",
            "http://[::1]:8000",
            "http://studio.localhost:8000",
            "HTTP://LOCALHOST:8000",
        ],
    )
    def test_may_be_http_on_this_machine(self, here: str) -> None:
        assert session_cookie_name(at(here)) != HOST_COOKIE

    def test_by_https_makes_the_cookie_secure(self) -> None:
        assert session_cookie_name(at("https://studio.example.com")) == HOST_COOKIE


def test_a_host_with_colons_stands_in_brackets() -> None:
    settings = Settings(host="::1")
    assert settings.base_url == "http://[::1]:8000"
    assert settings.on_loopback
