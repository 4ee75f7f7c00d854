"""Every setting, its default and one sentence. A fresh machine sets none of them.

Read from the environment with the prefix `ATELIER_`; a secret may instead be a file, named by the
same variable with `_FILE` appended. `docs/settings.md` lists them, and a test keeps the two equal.
"""

from __future__ import annotations

import os
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "ATELIER_"
_LARGEST_PORT = 65535


class Settings(BaseSettings):
    """What an operator may turn."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    host: str = Field(default="127.0.0.1", description="Address the studio listens on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port the studio listens on.")
    public_url: str = Field(
        default="", description="Where browsers reach the studio; empty means http://host:port."
    )
    data_dir: Path = Field(
        default=Path("var"), description="Folder for everything the studio writes."
    )
    database_url: str = Field(
        default="", description="SQLAlchemy URL; empty means SQLite inside the data folder."
    )
    storage_url: str = Field(
        default="",
        description="fsspec URL for image files; empty means a folder in the data folder.",
    )
    inference_url: str = Field(
        default="embedded:",
        description="Where images are drawn: embedded: (a child process), ray: (a local Ray Serve "
        "as a child) or the http(s) address of a Ray Serve endpoint; several with commas between, one "
        "for each model's application.",
    )
    backend_url: str = Field(
        default="", description="Where the pages find the API; empty means this same process."
    )
    oidc_issuer: str = Field(
        default="",
        description="Issuer URL of the identity provider; empty means the embedded "
        "development provider, on loopback only.",
    )
    oidc_client_id: str = Field(default="atelier", description="Client id at the provider.")
    oidc_client_secret: SecretStr = Field(
        default=SecretStr(""), description="Client secret at the provider."
    )
    oidc_scopes: str = Field(
        default="openid profile email groups", description="Scopes asked for at sign-in."
    )
    oidc_role_claim: str = Field(
        default="groups", description="Claim whose values name the roles a person gets."
    )
    default_role: str = Field(
        default="designer", description="Role of a person whom no claim and no setting names."
    )
    admin_emails: list[str] = Field(
        default_factory=list, description="Verified e-mail addresses that are administrators."
    )
    secret_key: SecretStr = Field(
        default=SecretStr(""),
        description="Signs the login dance; empty makes one inside the data folder.",
    )
    dispatch_concurrency: int = Field(
        default=8,
        ge=0,
        le=256,
        description="Generations this process keeps in flight, sharing the steps of the engine; "
        "0 leaves dispatching to others.",
    )
    lease_seconds: float = Field(
        default=30.0, gt=0, description="How long a claimed generation stays claimed unrenewed."
    )
    max_attempts: int = Field(
        default=3, ge=1, description="Attempts before a generation is given up as failed."
    )
    max_outstanding: int = Field(
        default=50, ge=1, description="Queued and running generations one person may have."
    )
    webhook_concurrency: int = Field(
        default=32,
        ge=0,
        le=256,
        description="Webhook deliveries this process sends at once; 0 leaves sending to others.",
    )
    webhook_timeout_seconds: float = Field(
        default=20.0,
        gt=0,
        le=120,
        description="How long the receiver of a webhook may take to answer.",
    )
    webhook_ports: str = Field(
        default="443", description="Ports that webhooks may go to, with commas between."
    )
    webhook_allow_loopback: bool = Field(
        default=False,
        description="Let webhooks also go to this machine, by http and to any port: for development.",
    )
    session_idle_hours: float = Field(
        default=8.0, gt=0, description="Idle time that ends a session."
    )
    session_max_days: float = Field(default=7.0, gt=0, description="Age that ends a session.")
    allow_demo_safety_checker: bool = Field(
        default=False,
        description="Accept the bundled demonstration checker away from loopback.",
    )
    log_level: str = Field(
        default="warning", description="debug, info (a line a request), warning or error."
    )

    @model_validator(mode="before")
    @classmethod
    def _read_secret_files(cls, values: dict[str, Any]) -> dict[str, Any]:
        for name in cls.model_fields:
            path = os.environ.get(f"{PREFIX}{name.upper()}_FILE")
            if path and name not in values:
                values[name] = Path(path).read_text().strip()
        return values

    @field_validator("webhook_ports")
    @classmethod
    def _refuse_what_is_no_port(cls, value: str) -> str:
        for word in value.split(","):
            if not (word.strip().isdecimal() and 1 <= int(word) <= _LARGEST_PORT):
                raise ValueError(
                    f"{word.strip()!r} is no port; write numbers from 1 to {_LARGEST_PORT} with commas "
                    "between, such as 443,8443"
                )
        return value

    @model_validator(mode="after")
    def _refuse_webhooks_to_this_machine_in_public(self) -> Self:
        if self.webhook_allow_loopback and not self.on_loopback:
            raise ValueError(
                "ATELIER_WEBHOOK_ALLOW_LOOPBACK is for a studio that only this machine can reach, not "
                f"for one on {self.host!r} ({self.base_url}): anybody who draws there could reach what "
                "runs on this machine; unset it"
            )
        return self

    @model_validator(mode="after")
    def _refuse_the_development_provider_in_public(self) -> Self:
        if not self.oidc_issuer and not self.on_loopback:
            raise ValueError(
                f"the embedded development sign-in works on loopback only, not on {self.host!r} "
                f"({self.base_url}); set ATELIER_OIDC_ISSUER, or ATELIER_HOST=127.0.0.1"
            )
        return self

    @property
    def base_url(self) -> str:
        """Where browsers reach the studio, without a trailing slash."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @cached_property
    def on_loopback(self) -> bool:
        """Whether only this machine can reach the studio, by address and by public URL."""
        names = {self.host, urlsplit(self.base_url).hostname or ""}
        return all(_is_loopback(name) for name in names)

    @property
    def resolved_database_url(self) -> str:
        """The database, with the default filled in."""
        return self.database_url or f"sqlite:///{self.data_dir / 'atelier.db'}"

    @property
    def resolved_storage_url(self) -> str:
        """The image store, with the default filled in."""
        return self.storage_url or f"file:{self.data_dir / 'images'}"


def _is_loopback(name: str) -> bool:
    if name == "localhost":
        return True
    try:
        return ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False
