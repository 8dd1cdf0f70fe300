"""Show the built book on this machine alone, as a web host would: compressed, with its 404 page.

Usage: python tools/serve.py [PORT]      (default: the first free one from 8000 on)
"""

from __future__ import annotations

import contextlib
import functools
import gzip
import sys
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

SITE = Path(__file__).resolve().parent.parent / "_build" / "html"
COMPRESSED = {".css", ".html", ".ipynb", ".js", ".json", ".md", ".mjs", ".py", ".svg", ".txt"}
COMPRESSED |= {".wasm", ".xml"}


class Handler(SimpleHTTPRequestHandler):
    """Serves the files of a folder below a path, and says nothing of it."""

    protocol_version = "HTTP/1.1"  # one connection for many files

    def __init__(self, *arguments: object, directory: Path, base: str = "/") -> None:
        """Serve `directory` below the path `base`, which starts and ends with a slash."""
        self.base = base
        super().__init__(*arguments, directory=str(directory))

    def handle(self) -> None:
        """Answer until the browser hangs up: readers leave a page before all of it has come."""
        with contextlib.suppress(ConnectionError):
            super().handle()

    def do_GET(self) -> None:
        """Send a file, or the page that says that there is none."""
        path = unquote(urlsplit(self.path).path)
        file = Path(self.directory, path.removeprefix(self.base))
        if path.endswith("/"):
            file /= "index.html"
        if path.startswith(self.base) and ".." not in file.parts and file.is_file():
            self.send_file(file, HTTPStatus.OK)
        elif file.is_dir():
            self.send_response(HTTPStatus.MOVED_PERMANENTLY)
            self.send_header("Location", f"{path}/")
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self.send_file(Path(self.directory, "404.html"), HTTPStatus.NOT_FOUND)

    do_HEAD = do_GET

    def send_file(self, file: Path, status: HTTPStatus) -> None:
        """Send a file, compressed if it is text and the browser can read that."""
        body = file.read_bytes() if file.is_file() else b"There is no such page."
        compress = file.suffix in COMPRESSED and "gzip" in self.headers.get("Accept-Encoding", "")
        self.send_response(status)
        self.send_header("Content-Type", self.guess_type(str(file)))
        if compress:
            body = compressed(body)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@functools.lru_cache(maxsize=256)
def compressed(body: bytes) -> bytes:
    """Return `body` as a web host would send it."""
    return gzip.compress(body, mtime=0)


def main() -> None:
    """Serve until interrupted."""
    try:
        ports = [int(sys.argv[1])] if len(sys.argv) > 1 else range(8000, 8100)
    except ValueError:
        sys.exit(f"PORT must be a number, not {sys.argv[1]!r}.")
    handler = functools.partial(Handler, directory=SITE)
    for port in ports:
        try:
            server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        except (OSError, OverflowError):
            continue
        print(
            f"The book is at http://127.0.0.1:{server.server_port}/ (stop with Ctrl+C)", flush=True
        )
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return
    sys.exit(f"Port {ports[0]} cannot be used: name another one, as in `make serve PORT=8080`.")


if __name__ == "__main__":
    main()
