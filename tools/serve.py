"""Show the built book on this machine alone.

Usage: python tools/serve.py [PORT]      (default: the first free one from 8000 on)
"""

import functools
import sys
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SITE = Path(__file__).resolve().parent.parent / "_build" / "html"


class Quiet(SimpleHTTPRequestHandler):
    """Serves files without a line of log for each."""

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


def main() -> None:
    """Serve until interrupted."""
    try:
        ports = [int(sys.argv[1])] if len(sys.argv) > 1 else range(8000, 8100)
    except ValueError:
        sys.exit(f"PORT must be a number, not {sys.argv[1]!r}.")
    handler = functools.partial(Quiet, directory=str(SITE))
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
