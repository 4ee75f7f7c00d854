"""A server with the contract of every arm that draws nothing: one tiny PNG after another.

It never notices a client that left, and counts what it finished. Run as a module; ends with its input.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d7636060"
    "60000000040001270aa9e50000000049454e44ae426082"
)


class Handler(BaseHTTPRequestHandler):
    """Answers like an arm."""

    seconds = 0.02
    full = False
    images = 0
    drawing = threading.Lock()

    def do_GET(self) -> None:
        if self.path == "/metrics":
            self._answer(200, f"fake_images_total {Handler.images}\n".encode(), "text/plain")
        else:
            self._answer(200 if self.path == "/readyz" else 404, b"{}", "application/json")

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.full:
            self._answer(429, b'{"code": "overloaded"}', "application/json")
            return
        with self.drawing:
            time.sleep(self.seconds * asked["num_inference_steps"] / 4)
            Handler.images += 1
        with suppress(OSError):
            self._answer(200, PNG, "image/png")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        pass

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if self.full:
            self.send_header("Retry-After", "1")
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    """Takes a hundred at once."""

    daemon_threads = True
    request_queue_size = 256


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=Handler.seconds)
    parser.add_argument("--full", action="store_true", help="refuse everybody for a second")
    asked = parser.parse_args()
    Handler.seconds, Handler.full = asked.seconds, asked.full
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(json.dumps({"url": f"http://127.0.0.1:{server.server_port}"}) + "\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
