"""A network between Cartage and a remote: an HTTP proxy that alone knows the remote's name, and TLS before a server."""

from __future__ import annotations

import base64
import select
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import BaseRequestHandler, TCPServer, ThreadingTCPServer

_MOST = 65536


def relay(one_end: socket.socket, other_end: socket.socket) -> None:
    """Copy bytes both ways until one end closes."""
    while True:
        # Bytes that TLS has decrypted already are in no kernel buffer.
        waiting = [end for end in (one_end, other_end) if isinstance(end, ssl.SSLSocket) and end.pending()]
        ready = waiting or select.select([one_end, other_end], [], [], 10)[0]
        if not ready:
            return
        for end in ready:
            try:
                data = end.recv(_MOST)
                if not data:
                    return
                (other_end if end is one_end else one_end).sendall(data)
            except OSError:
                return


@contextmanager
def serving(server: TCPServer) -> Iterator[None]:
    """Serve in a thread."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Proxy(ThreadingTCPServer):
    """An HTTP proxy: CONNECT for https, forwarding for http. `targets` are the ports of the hosts that it knows.

    With `login` it demands these credentials. `seen` has the first line of each request.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _ProxyHandler)
        self.targets: dict[str, int] = {}
        self.login = ""
        self.seen: list[str] = []

    @property
    def place(self) -> str:
        """Return its host and port."""
        return f"127.0.0.1:{self.server_address[1]}"

    def url(self, login: str = "") -> str:
        """Return its address."""
        return f"http://{login}{'@' if login else ''}{self.place}"


class _ProxyHandler(BaseRequestHandler):
    server: Proxy

    def handle(self) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            data = self.request.recv(_MOST)
            if not data:
                return
            head += data
        first, _, rest = head.partition(b"\r\n")
        method, address, version = first.decode().split(" ")
        self.server.seen.append(f"{method} {address}")
        wanted = base64.b64encode(self.server.login.encode())
        if self.server.login and b"Basic " + wanted not in rest:
            self._refuse("407 Proxy Authentication Required")
            return
        host = address.removeprefix("http://").partition("/")[0].partition(":")[0]
        if host not in self.server.targets:
            self._refuse("502 Bad Gateway")
            return
        with socket.create_connection(("127.0.0.1", self.server.targets[host])) as target:
            if method == "CONNECT":
                self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                path = "/" + address.removeprefix("http://").partition("/")[2]
                target.sendall(f"{method} {path} {version}\r\n".encode() + rest)
            relay(self.request, target)

    def _refuse(self, status: str) -> None:
        self.request.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())


class TlsFront(ThreadingTCPServer):
    """Ends TLS before a plain server on this machine."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, context: ssl.SSLContext, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _TlsHandler)
        self.context = context
        self.target = port

    @property
    def port(self) -> int:
        """Return its port."""
        return int(self.server_address[1])


class _TlsHandler(BaseRequestHandler):
    server: TlsFront

    def handle(self) -> None:
        try:
            with (
                self.server.context.wrap_socket(self.request, server_side=True) as inner,
                socket.create_connection(("127.0.0.1", self.server.target)) as target,
            ):
                relay(inner, target)
        except OSError:
            # A client that does not accept the certificate closes the connection.
            return
