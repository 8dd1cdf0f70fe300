"""The server of the built book."""

import socket
import struct
import threading
import urllib.request

from support.serving import serving


def test_readers_who_leave_early_make_no_noise(tmp_path, capfd):
    (tmp_path / "large.bin").write_bytes(bytes(20_000_000))
    (tmp_path / "small.txt").write_text("here")
    with serving(tmp_path) as address:
        host, port = address.split("/")[2].split(":")
        for _ in range(3):
            reader = socket.create_connection((host, int(port)))
            reader.sendall(b"GET /large.bin HTTP/1.1\r\nHost: here\r\n\r\n")
            assert reader.recv(100).startswith(b"HTTP/1.1 200")
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            reader.close()  # with a reset, as a browser's tab
        for thread in threading.enumerate():
            if "process_request_thread" in thread.name:
                thread.join(10)
        with urllib.request.urlopen(address + "small.txt") as answer:
            assert answer.read() == b"here"
    assert capfd.readouterr().err == ""
