"""Find free TCP ports on the loopback interface, for servers that need to know their port before they start.

Ports are not reserved: another program may take one before the server binds it.
"""

from __future__ import annotations

import socket
from contextlib import ExitStack

LOOPBACK = "127.0.0.1"


def free_ports(count: int) -> list[int]:
    """Return `count` different ports that nothing listens on at this moment.

    All are held open until the last is found, so that none is returned twice. The kernel assigns ephemeral ports in
    random sequence, so two simultaneous callers seldom get the same one.
    """
    with ExitStack() as held:
        sockets = [
            held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) for _ in range(count)
        ]
        for each in sockets:
            each.bind((LOOPBACK, 0))
        return [each.getsockname()[1] for each in sockets]


def free_port() -> int:
    """Return a port that nothing listens on at this moment."""
    return free_ports(1)[0]
