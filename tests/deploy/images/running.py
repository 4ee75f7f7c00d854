"""Runs an image as its pod does: nobody's user, no capability, a root that cannot be written, two folders that can.

By crun, which needs no service: the layers are unpacked into a folder, and what it is told is Kubernetes' securityContext.
"""

from __future__ import annotations

import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from containers.layout import Layout
from tests.deploy.needs import program

USER = 10001
WITHIN_S = 120


@dataclass
class Unpacked:
    """An image whose files lie in `root`."""

    layout: Layout
    root: Path
    sbom: dict[str, Any]

    def files(self) -> Iterator[Path]:
        """Yield every file and folder by its path in the image."""
        for path in self.root.rglob("*"):
            yield Path("/") / path.relative_to(self.root)

    def folders(self, *names: str) -> set[str]:
        """Return which folders of these names there are."""
        return {str(one) for one in self.files() if one.name in names}


@dataclass
class Pod:
    """Where containers of one image run one after the other, with what they write."""

    image: Unpacked
    folder: Path
    told: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make the folders that a pod mounts."""
        for name in self.writable():
            place = self.mounted(name)
            place.mkdir(parents=True, exist_ok=True)
            place.chmod(0o777)

    def writable(self) -> list[str]:
        """Return the folders of the image that can be written."""
        data = self.image.layout.environment().get("ATELIER_DATA_DIR")
        return ["/tmp", *([data] if data else [])]

    def mounted(self, name: str) -> Path:
        """Return where a folder of the image lies on this machine."""
        return self.folder / name.strip("/").replace("/", "-")

    def written(self) -> set[str]:
        """Return every file that was written, by its path in the image."""
        return {
            f"{name}/{path.relative_to(self.mounted(name))}"
            for name in self.writable()
            for path in self.mounted(name).rglob("*")
            if path.is_file()
        }

    def does(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        with self._bundle(words) as (name, folder):
            return subprocess.run(
                [*crun(), "run", "--bundle", folder, name],
                capture_output=True, text=True, check=False, timeout=WITHIN_S,
            )  # fmt: skip

    @contextmanager
    def runs(self, *words: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run a command until the block ends, then end it by SIGTERM; its words go into the file `log`."""
        with self._bundle(words) as (name, folder), (self.folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [*crun(), "run", "--bundle", folder, name], stdout=log, stderr=log
            )
            try:
                yield process
            finally:
                subprocess.run([*crun(), "kill", name, "TERM"], check=False)
                try:
                    process.wait(30)
                finally:
                    subprocess.run(
                        [*crun(), "delete", "--force", name], check=False, capture_output=True
                    )

    def log(self) -> str:
        """Return what was said last."""
        return (self.folder / "log").read_text()[-4000:]

    @contextmanager
    def _bundle(self, words: tuple[str, ...]) -> Iterator[tuple[str, Path]]:
        name = f"atelier-{uuid.uuid4().hex[:12]}"
        folder = self.folder / name
        folder.mkdir()
        (folder / "config.json").write_text(json.dumps(self._config(words)))
        yield name, folder

    def _config(self, words: tuple[str, ...]) -> dict[str, Any]:
        environment = {**self.image.layout.environment(), **self.told}
        config = self.image.layout.config["config"]
        return {
            "ociVersion": "1.0.2",
            "root": {"path": str(self.image.root), "readonly": True},
            "process": {
                "user": {"uid": USER, "gid": USER},
                "args": list(words) or [*config.get("Entrypoint", []), *config.get("Cmd", [])],
                "env": [f"{key}={value}" for key, value in environment.items()],
                "cwd": config["WorkingDir"],
                "noNewPrivileges": True,
                "capabilities": {},
            },
            "mounts": self._mounts(),
            # The network is the machine's: a pod's own would need somebody to join them.
            "linux": {"namespaces": [{"type": one} for one in ("pid", "mount", "ipc", "uts")]},
        }

    def _mounts(self) -> list[dict[str, Any]]:
        bound = [
            {"destination": one, "type": "bind", "source": str(self.mounted(one)), "options": ["bind", "rw"]}
            for one in self.writable()
        ]  # fmt: skip
        memory = {"type": "tmpfs", "source": "tmpfs"}
        return [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/dev", "options": ["nosuid", "mode=755"], **memory},
            {"destination": "/dev/shm", "options": ["nosuid", "nodev", "size=64m"], **memory},
            *bound,
        ]


def crun() -> list[str]:
    """Return the runtime; it counts nothing, and looks away from control groups of both kinds, which it refuses."""
    both = Path("/sys/fs/cgroup/unified")
    apart = (
        ["unshare", "--mount", "sh", "-c", f'umount {both}; exec "$@"', "sh"]
        if both.exists()
        else []
    )
    return [*apart, program("crun"), "--cgroup-manager=disabled"]


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def asked(url: str) -> tuple[int, str]:
    """Return what a page answers: its status and its text."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def answers(url: str, running: subprocess.Popen[bytes]) -> str:
    """Wait until a page answers with 200 and return its text; what ends before it has answered never will."""
    until = time.monotonic() + WITHIN_S
    while time.monotonic() < until and running.poll() is None:
        with suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            status, text = asked(url)
            if status == 200:
                return text
        time.sleep(0.2)
    raise AssertionError(f"{url} does not answer")
