"""Free TCP ports on the loopback interface, for servers that must be told their port before they start.

It does not reserve: between the answer and the server's own bind another program may take the port.
"""

from __future__ import annotations

import socket
from contextlib import ExitStack

LOOPBACK = "127.0.0.1"


def free_ports(count: int) -> list[int]:
    """`count` different ports that nothing listens on at this moment.

    All are held open until the last one is found, so no port is given twice; the kernel hands out ephemeral
    ports in random order, so that two callers at once seldom get the same one.
    """
    with ExitStack() as held:
        sockets = [
            held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) for _ in range(count)
        ]
        for each in sockets:
            each.bind((LOOPBACK, 0))
        return [each.getsockname()[1] for each in sockets]


def free_port() -> int:
    """One port that nothing listens on at this moment."""
    return free_ports(1)[0]
