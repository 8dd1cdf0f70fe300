"""Show Softmax Lessons in your browser, as in `python start.py`.

Needs Python 3.8 or later, and no more. Nobody but this machine can reach what it serves.
"""

import sys
import webbrowser
from contextlib import suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SITE = Path(__file__).resolve().parent / "site"
# Browsers insist on the types of the first two, and systems may name others for any of them.
TYPES = {
    ".mjs": "text/javascript",
    ".wasm": "application/wasm",
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}


class Handler(SimpleHTTPRequestHandler):
    """Serves the files of the site, and says nothing of it."""

    protocol_version = "HTTP/1.1"  # one connection for many files
    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, **TYPES}  # noqa: RUF012

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """A server with a port of its own."""

    allow_reuse_address = sys.platform != "win32"  # Windows lets two servers have one port

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a browser that goes on before a file is there."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def serve() -> None:
    """Open the book at the first free port, and serve it until interrupted."""
    for port in [*range(8000, 8100), 0]:
        try:
            server = Server(("127.0.0.1", port), partial(Handler, directory=str(SITE)))
            break
        except OSError:
            continue  # somebody else's
    address = f"http://127.0.0.1:{server.server_port}/"
    print(
        f"Softmax Lessons is at {address} until you close this window or press Ctrl+C.", flush=True
    )
    webbrowser.open(address)
    with suppress(KeyboardInterrupt):
        server.serve_forever()


if __name__ == "__main__":
    serve()
