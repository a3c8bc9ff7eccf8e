"""CPU seconds of the three that share the machine: engine, PostgreSQL and sandbox. They say what bounds a rate."""

from __future__ import annotations

import time
from contextlib import suppress

import psutil

from benchmarks.site import Site


def sandbox() -> float:
    """CPU seconds of this process, which serves store and warehouse."""
    return time.process_time()


def postgres(site: Site) -> float:
    """CPU seconds of the server, its living backends and those that have ended."""
    server = psutil.Process(site.postgres.pid)
    spent: float = sum(server.cpu_times()[:4])
    for backend in server.children():
        with suppress(psutil.NoSuchProcess):
            spent += sum(backend.cpu_times()[:2])
    return spent
