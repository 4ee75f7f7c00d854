"""Every setting, its default and one sentence. A fresh machine sets none of them.

Read from the environment with the prefix `ATELIER_`; a secret may instead be a file, named by the
same variable with `_FILE` appended. `docs/settings.md` lists them, and a test keeps the two equal.
"""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from backend.kit import in_public
from backend.kit.setting_values import (
    ClientSecret,
    Networks,
    Ports,
    Registration,
    SecretKeys,
    Subjects,
    is_loopback,
)
from inference.logs import LogFormat

__all__ = ["PREFIX", "Registration", "Settings"]

PREFIX = "ATELIER_"


class Settings(BaseSettings):
    """What an operator may turn."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", hide_input_in_errors=True
    )

    host: str = Field(default="127.0.0.1", description="Address the studio listens on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port the studio listens on.")
    public_url: str = Field(
        default="",
        description="Where browsers reach the studio: by https, or by http on this machine alone; empty means "
        "http://host:port.",
    )
    data_dir: Path = Field(default=Path("var"), description="Folder of all that the studio writes.")
    database_url: str = Field(
        default="", description="SQLAlchemy URL; empty means SQLite inside the data folder."
    )
    storage_url: str = Field(
        default="", description="fsspec URL for image files; empty means one in the data folder."
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
    providers: str = Field(
        default="",
        description="Path of a TOML file with a table for each identity provider; docs/operate/sign-in.md.",
    )
    oidc_issuer: str = Field(
        default="",
        description="Issuer URL of the one identity provider; with neither this nor a file of them, "
        "the embedded development provider, on loopback only.",
    )
    oidc_client_id: str = Field(default="atelier", description="Client id at the provider.")
    oidc_client_secret: ClientSecret = Field(
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
    admin_subjects: Subjects = Field(
        default_factory=list,
        description='People who are administrators, each as "issuer#subject".',
    )
    registration: Registration = Field(
        default=Registration.OPEN,
        description="Somebody new is let in (open), waits for an administrator (approval) or needs an invite (invite).",
    )
    secret_key: SecretKeys = Field(
        default=SecretStr(""),
        description="Signs the login dance and seals secrets in the database; several with commas or line breaks "
        "between, the newest first; empty makes one inside the data folder.",
    )
    signing_chain: str = Field(
        default="",
        description="PEM file of the certificates that sign images; empty makes an authority inside the data folder.",
    )
    signing_key: str = Field(default="", description="PEM file of the key that they are for.")
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
        default=20.0, gt=0, le=120, description="How long the receiver of a webhook may take."
    )
    webhook_ports: Ports = Field(
        default="443", description="Ports that webhooks may go to, with commas between."
    )
    webhook_allow_loopback: bool = Field(
        default=False,
        description="Let webhooks also go to this machine, by http and to any port: for development.",
    )
    delivery_days: float = Field(
        default=30.0,
        ge=0,
        description="Days that a delivery which has ended is kept and can be sent again; 0 keeps it for ever.",
    )
    generation_days: float = Field(
        default=0.0,
        ge=0,
        description="Days that a finished generation is kept with its images unless somebody keeps it; 0 keeps "
        "it for ever.",
    )
    failed_days: float = Field(
        default=0.0,
        ge=0,
        description="Days that a failed or canceled generation is kept; 0 keeps it for ever.",
    )
    withheld_days: float = Field(
        default=0.0,
        ge=0,
        description="Days that a rejected image is kept after the decision, and a held one without any after it "
        "was drawn; 0 keeps them for ever.",
    )
    trash_days: float = Field(
        default=30.0,
        ge=0,
        description="Days that an image stays in its owner's trash before it is deleted for good; 0 keeps it until "
        "they empty it.",
    )
    prompt_days: float = Field(
        default=0.0,
        ge=0,
        description="Days after which prompts of ended generations are blanked, in rows and image files; 0 keeps them.",
    )
    audit_detail_days: float = Field(
        default=0.0,
        ge=0,
        description="Days after which details of audit entries are erased, the entries never; 0 keeps them.",
    )
    max_queued: int = Field(
        default=1000,
        ge=1,
        description="Queued generations of everybody together; beyond it submissions get 503.",
    )
    result_cache: bool = Field(
        default=True,
        description="Answer what was drawn before with the same settings and seed from storage, for no credits.",
    )
    orphan_hours: float = Field(
        default=1.0,
        ge=0,
        description="Age at which files that no row names are removed, looked for as often; 0 keeps them.",
    )
    credits_per_day: float = Field(
        default=0.0,
        ge=0,
        description="Credits a day (UTC) of each person whom no quota names; 0 limits nobody.",
    )
    credits_per_month: float = Field(default=0.0, ge=0, description="The same for a month.")
    rate_changes: int = Field(
        default=1200,
        ge=0,
        description="Requests a minute that change something, of one API key or one person signed in; "
        "0 limits nobody.",
    )
    rate_reads: int = Field(
        default=6000,
        ge=0,
        description="Requests a minute that only read, of one key, session or stranger's address, in "
        "each process; 0 limits nobody.",
    )
    rate_sign_in: int = Field(
        default=300,
        ge=0,
        description="Requests a minute to sign in or out, of one address; 0 limits nobody.",
    )
    rate_wrong_credentials: int = Field(
        default=60,
        ge=0,
        description="Different wrong keys and session cookies a minute tried for one address; 0 tries them all.",
    )
    rate_verify: int = Field(
        default=20, ge=0, description="Pictures to verify a minute of one address; 0 limits nobody."
    )
    trusted_proxies: Networks = Field(
        default="",
        description="Networks (CIDRs, with commas between) whose X-Forwarded-For is believed; empty believes nobody.",
    )
    upload_megabytes: float = Field(
        default=12.0, gt=0, le=100, description="Largest upload, as it is sent; 1 MB is 10⁶ bytes."
    )
    max_uploads: int = Field(default=200, ge=1, description="Uploads one person may have.")
    max_upload_megabytes: int = Field(
        default=500, ge=1, description="Megabytes that one person's uploads may take together."
    )
    upload_days: float = Field(
        default=30.0,
        ge=0,
        description="Days after which an upload that nobody draws from is forgotten; 0 keeps it for ever.",
    )
    session_idle_hours: float = Field(default=8.0, gt=0, description="Idle time ending a session.")
    session_max_days: float = Field(default=7.0, gt=0, description="Age that ends a session.")
    metrics_token: SecretStr = Field(
        default=SecretStr(""),
        description="Bearer token that `/metrics` asks for; empty answers on loopback and nowhere else.",
    )
    allow_demo_safety_checker: bool = Field(
        default=False,
        description="Accept safety checkers that are only demonstrations, as the bundled one is, away from loopback; "
        "without it a studio that others can reach does not start with them.",
    )
    watermark: bool = Field(default=True, description="Hide an id in the pixels of what is drawn.")
    log_level: str = Field(
        default="warning", description="debug, info (a line a request), warning or error."
    )
    log_format: LogFormat = Field(
        default=LogFormat.AUTO, description="json, plain, or auto: JSON unless a terminal watches."
    )

    @model_validator(mode="before")
    @classmethod
    def _read_secret_files(cls, values: dict[str, Any]) -> dict[str, Any]:
        for name in cls.model_fields:
            path = os.environ.get(f"{PREFIX}{name.upper()}_FILE")
            if path and name not in values:
                values[name] = Path(path).read_text().strip()
        return values

    @model_validator(mode="after")
    def _check_what_others_can_reach(self) -> Self:
        in_public.check(self)
        return self

    @property
    def development_sign_in(self) -> bool:
        """Whether people sign in with the embedded provider: no other is configured."""
        return not (self.oidc_issuer or self.providers)

    @property
    def base_url(self) -> str:
        """Where browsers reach the studio, without a trailing slash."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")

    @cached_property
    def on_loopback(self) -> bool:
        """Whether only this machine can reach the studio, by address and by public URL."""
        names = {self.host, urlsplit(self.base_url).hostname or ""}
        return all(is_loopback(name) for name in names)

    @property
    def resolved_database_url(self) -> str:
        """The database, with the default filled in."""
        return self.database_url or f"sqlite:///{self.data_dir / 'atelier.db'}"

    @property
    def resolved_storage_url(self) -> str:
        """The image store, with the default filled in."""
        return self.storage_url or f"file:{self.data_dir / 'images'}"
