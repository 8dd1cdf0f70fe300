"""A folder of built pages, served as a web host would."""

import contextlib
import functools
import threading
from http.server import ThreadingHTTPServer
from types import MappingProxyType

from serve import Handler


class FailingHandler(Handler):
    """Hangs up where it is asked for some files: at once, or after some of their bytes."""

    def __init__(self, *arguments, cut, **keywords):
        self.cut = cut
        super().__init__(*arguments, **keywords)

    def send_file(self, file, status):
        if file.name not in self.cut:
            super().send_file(file, status)
            return
        self.close_connection = True
        if came := self.cut[file.name]:
            self.send_response(status)
            self.send_header("Content-Type", self.guess_type(str(file)))
            self.send_header("Content-Length", str(file.stat().st_size))
            self.end_headers()
            self.wfile.write(file.read_bytes()[:came])


@contextlib.contextmanager
def serving(folder, base="/", cut=MappingProxyType({})):
    """Serve a folder below a path of the host; yield the address, ending in a slash.

    Of the files that `cut` names, no more bytes come than it says, as long as it names them.
    """
    handler = functools.partial(FailingHandler, directory=folder, base=base, cut=cut)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_port}{base}"
        http.shutdown()
