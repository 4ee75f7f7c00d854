"""The `atelier` command: start the studio, prepare its database, look after a machine.

Parses words and prints sentences; the work is done by the features it calls.
"""

from __future__ import annotations

import json
import math
import sys
import threading
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated

import typer

from backend.accounts import commands as accounts
from backend.accounts.invites.commands import app as invite
from backend.audit.commands import app as audit
from backend.backups.commands import backup, restore, snapshots
from backend.capacity.commands import capacity
from backend.console import bring_up_to_date, err, fail, open_database, out, read_settings, writing
from backend.demo.commands import demo_data
from backend.dispatch.signing_commands import sign
from backend.doctor import Finding, Level, examine
from backend.emergency.commands import app as emergency
from backend.kit.settings import Settings
from backend.leaving.commands import app as person
from backend.leaving.retention_commands import app as retention_by_class
from backend.legalholds.commands import app as legal_hold
from backend.lora_training import train_lora
from backend.model_import import import_model
from backend.moderation.commands import app as moderation
from backend.notices.commands import notice
from backend.queue.commands import app as queue
from backend.trials.commands import app as policy
from backend.verify.commands import verify

READY_WITHIN_S = 120.0
ANSWER_WITHIN_S = 5.0
# With the second before it and what is closed after it, the whole process ends within fourteen.
STOP_WITHIN_S = 8

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Atelier, the image studio.")
app.add_typer(queue, name="queue")
app.add_typer(audit, name="audit")
app.add_typer(invite, name="invite")
app.add_typer(person, name="person")
app.add_typer(retention_by_class, name="retention")
app.add_typer(legal_hold, name="legal-hold")
app.add_typer(moderation, name="moderation")
app.add_typer(emergency, name="emergency")
app.add_typer(policy, name="policy")
app.command("end-sessions")(accounts.end_sessions)
app.command("revoke-key")(accounts.revoke_key)
app.command("demo-data")(demo_data)
app.command("notice")(notice)
for saved in (backup, restore, snapshots):
    app.command()(saved)
app.command("verify")(verify)
app.command("sign")(sign)
app.command("capacity")(capacity)
app.command("train-lora")(train_lora)
app.command("import-model")(import_model)

_MARKS = {
    Level.OK: "[green]ok[/]     ",
    Level.WARNING: "[yellow]warning[/]",
    Level.PROBLEM: "[red]problem[/]",
}


@app.command()
def up(
    *,
    ray: Annotated[bool, typer.Option("--ray", help="Draw in a real local Ray Serve.")] = False,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    browser: Annotated[bool, typer.Option(help="Open the studio in a browser.")] = True,
) -> None:
    """Start the studio and everything it needs; Ctrl-C stops all of it."""
    settings = read_settings(host=host, port=port, inference_url="ray:" if ray else None)
    out.print("[bold]Atelier[/] · checking this machine")
    if _print_findings(settings, only_trouble=True):
        raise typer.Exit(1)
    bring_up_to_date(settings)
    out.print("· opening the studio")
    _serve(settings, browser=browser and sys.stdout.isatty())


@app.command()
def migrate() -> None:
    """Bring the database to the newest schema, but for what connected processes of an older version still use."""
    if waiting := bring_up_to_date(read_settings()):
        out.print(
            f"The database is ready for this version. Older processes still use what {', '.join(waiting)} takes "
            "away: run this again once they are stopped."
        )
    else:
        out.print("The database is up to date.")


@app.command()
def doctor() -> None:
    """Say in plain words what is wrong with this machine."""
    if _print_findings(read_settings(), only_trouble=False):
        raise typer.Exit(1)
    out.print("Nothing keeps the studio from running here.")


@app.command("create-key")
def create_key(
    email: Annotated[str, typer.Option(help="Whose key it is; the account is made if needed.")],
    role: Annotated[str | None, typer.Option(help="designer, marketing or admin.")] = None,
) -> None:
    """Print a new API key, alone on its line."""
    from backend.accounts import service  # noqa: PLC0415 - a command imports what it needs

    with writing() as session:
        key = service.create_key(session, email=email, role=role)
    sys.stdout.write(key + "\n")


@app.command("remove-orphans")
def remove_orphans(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say which.")] = False,
    many: Annotated[bool, typer.Option("--many", help="However many they are.")] = False,
) -> None:
    """Remove files that no row names, older than ATELIER_ORPHAN_HOURS (an hour, if that is 0)."""
    from backend.dispatch import retention  # noqa: PLC0415
    from backend.kit.storage import open_storage  # noqa: PLC0415

    settings = read_settings()
    older_than_s = (settings.orphan_hours or 1.0) * retention.HOUR_S
    storage = open_storage(settings.resolved_storage_url)
    with open_database(settings) as database:
        if dry_run:
            for key in retention.orphans_of(database, storage, older_than_s):
                sys.stdout.write(key + "\n")
            return
        try:
            removed = sum(retention.removing(database, storage, older_than_s, many=many))
        except retention.TooManyOrphans as error:
            fail(str(error))
    out.print(f"Files removed that no row named: {removed}.")


@app.command("openapi", hidden=True)
def openapi() -> None:
    """Print the API's description, as docs/openapi.json holds it."""
    from backend.app import create_app  # noqa: PLC0415

    described = create_app(Settings.model_construct()).openapi()
    sys.stdout.write(json.dumps(described, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


@app.command("settings", hidden=True)
def describe_settings() -> None:
    """Print the table of settings, as docs/settings.md holds it."""
    sys.stdout.write(settings_page())


def settings_page() -> str:
    """Return docs/settings.md: every setting, its default and one sentence."""
    lines = [
        "# Settings",
        "",
        "A fresh machine sets none of these. Each is an environment variable; a secret may instead be a",
        "file, named by the variable with `_FILE` appended. Written by `make settings`.",
        "",
        "| variable | default | what it does |",
        "|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        default = field.get_default(call_default_factory=True, validated_data={})
        shown = "" if str(default) in {"", "[]", "**********"} else f"`{default}`"
        lines.append(f"| `ATELIER_{name.upper()}` | {shown} | {field.description} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run the command line."""
    app()


def _print_findings(settings: Settings, *, only_trouble: bool) -> list[Finding]:
    """Print what the doctor found; return the findings that stop us."""
    problems = []
    for finding in examine(settings):
        if finding.level is Level.PROBLEM:
            problems.append(finding)
        if only_trouble and finding.level is Level.OK:
            continue
        out.print(f"{_MARKS[finding.level]} {finding.subject}: {finding.seen}", soft_wrap=True)
        if finding.advice:
            out.print(f"         {finding.advice}", soft_wrap=True)
    return problems


def _serve(settings: Settings, *, browser: bool) -> None:
    import uvicorn  # noqa: PLC0415

    from backend.kit.doors import PatientServer  # noqa: PLC0415
    from backend.kit.impatience import ImpatientProtocol  # noqa: PLC0415
    from backend.kit.logs import configure_logging  # noqa: PLC0415
    from webui.server import create_studio  # noqa: PLC0415

    configure_logging(settings.log_level, settings.log_format)
    server = PatientServer(
        uvicorn.Config(
            create_studio(settings),
            http=ImpatientProtocol,
            host=settings.host,
            port=settings.port,
            log_config=None,
            timeout_graceful_shutdown=STOP_WITHIN_S,
            server_header=False,
            proxy_headers=False,  # whose word counts is ATELIER_TRUSTED_PROXIES' to say
        )
    )
    threading.Thread(target=_welcome, args=(settings, browser), daemon=True).start()
    with suppress(KeyboardInterrupt):  # uvicorn raises it again once everything is closed
        server.run()
    out.print("· everything is stopped")


def _welcome(settings: Settings, browser: bool) -> None:
    """Wait until the studio can draw, then say where it is and how to get in; say what is late, once."""
    patience = time.monotonic() + READY_WITHIN_S
    out.print("· loading the model" if _draws_itself(settings) else "· waiting for what draws")
    while away := _away(settings):
        if time.monotonic() > patience:
            err.print(_late(settings, away), soft_wrap=True)
            patience = math.inf
        time.sleep(0.2)
    out.print(f"\n  [bold]The studio is open at[/] [bold cyan]{settings.base_url}[/]\n")
    out.print(_how_to_sign_in(settings))
    out.print("  Ctrl-C stops everything.\n")
    if browser:
        webbrowser.open(settings.base_url)


def _late(settings: Settings, away: Sequence[str]) -> str:
    """Return what to say of parts that are still away."""
    if tuple(away) != ("inference",):
        return f"[yellow]warning[/] Still away: {', '.join(away)}. Look above for why, or run: atelier doctor"
    what = "The model" if _draws_itself(settings) else f"What draws at {settings.inference_url}"
    return (
        f"[yellow]warning[/] {what} is not ready yet; it is waited for. {settings.base_url} is open: what is queued "
        "is drawn then. Look above for why, or run: atelier doctor"
    )


def _draws_itself(settings: Settings) -> bool:
    return not settings.inference_url.startswith("http")


def _how_to_sign_in(settings: Settings) -> str:
    if not settings.development_sign_in:
        from backend.accounts.providers.configuration import read_providers  # noqa: PLC0415

        titles = [table.shown_title for table in read_providers(settings).values()]
        return f"  Sign in with your account at {' or '.join(titles)}"
    return (
        "  Sign in with one of three ready accounts, no password on this machine:\n"
        "    designer@example.com · marketing@example.com · admin@example.com"
    )


def _away(settings: Settings) -> tuple[str, ...]:
    """Ask this process itself, since the public address may not be reachable from here; return what is away."""
    anywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - named, not bound
    host = anywhere.get(settings.host, settings.host)
    host = f"[{host}]" if ":" in host else host
    try:
        # Not through a proxy that the environment names.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://{host}:{settings.port}/readyz", timeout=ANSWER_WITHIN_S):
            return ()
    except urllib.error.HTTPError as error:
        with suppress(ValueError, KeyError):
            checks = json.load(error)["checks"]
            return tuple(name for name, seen in checks.items() if seen != "ok")
    except OSError:  # it does not listen yet
        pass
    return ("process",)


if __name__ == "__main__":
    main()
