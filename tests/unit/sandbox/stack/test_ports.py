"""Free ports are free, and different."""

from __future__ import annotations

import socket

from cartage_sandbox.stack.ports import LOOPBACK, free_ports


def test_ports_differ_and_can_be_bound() -> None:
    ports = free_ports(5)
    assert len(set(ports)) == 5
    for port in ports:
        with socket.socket() as bound:
            bound.bind((LOOPBACK, port))
