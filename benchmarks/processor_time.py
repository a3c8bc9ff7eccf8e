"""CPU seconds of engine, PostgreSQL and sandbox, which share the machine: they show what limits a rate."""

from __future__ import annotations

import time
from contextlib import suppress

import psutil

from benchmarks.site import Site


def sandbox() -> float:
    """Return the CPU seconds of this process, which serves store and warehouse."""
    return time.process_time()


def postgres(site: Site) -> float:
    """Return the CPU seconds of the server, including running and finished backends."""
    server = psutil.Process(site.postgres.pid)
    spent: float = sum(server.cpu_times()[:4])
    for backend in server.children():
        with suppress(psutil.NoSuchProcess):
            spent += sum(backend.cpu_times()[:2])
    return spent
