"""Responses that end in time: a socket's timeout limits the whole response, and not only each wait for its next bytes.

`requests` and `http.client` start the time again with every byte, so that a response of which one byte comes in a
second never ends. A claim lasts as long as the longest request, so a request must have a longest time.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from typing import Any


class TimedResponse(http.client.HTTPResponse):
    """A response that is read, head and body, within the timeout that its socket has when the reading begins."""

    def __init__(self, sock: socket.socket, *arguments: Any, **named: Any) -> None:
        super().__init__(sock, *arguments, **named)
        longest = sock.gettimeout()
        if longest is not None:
            self.fp = io.BufferedReader(_TimedReader(self.fp.detach(), sock, longest))


class _TimedReader(io.RawIOBase):
    """Reads a socket until its time is over. Each wait lasts at most as long as what is left."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, longest: float) -> None:
        self._raw, self._socket, self._longest = raw, sock, longest
        self._ends = time.monotonic() + longest

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read what is there, or wait for it.

        Raises:
            TimeoutError: if the response's time is over.
        """
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"the response did not end within {self._longest:g} s")
        self._socket.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        """Close the socket's file, so that the socket can close."""
        try:
            self._raw.close()
        finally:
            super().close()
