"""A folder of built pages, served as a web host would."""

import contextlib
import functools
import threading
from http.server import ThreadingHTTPServer

from serve import Handler


@contextlib.contextmanager
def serving(folder, base="/"):
    """Serve a folder below a path of the host; yield the address, ending in a slash."""
    handler = functools.partial(Handler, directory=folder, base=base)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_port}{base}"
        http.shutdown()
