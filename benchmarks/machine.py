"""The machine on which a figure was measured; a figure has no meaning without it."""

from __future__ import annotations

import os
import platform
import time
from importlib.metadata import version

import psutil

_ADDITIONS = 5_000_000
_PACKAGES = ("apache-airflow-core", "sqlalchemy", "psycopg", "requests", "pydantic")


def facts() -> dict[str, str | int | float]:
    """Return cores, memory and system; `load` is the load average of the last minute."""
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processor": _processor(),
        "load": round(os.getloadavg()[0], 2),
    }


def pace() -> float:
    """Return how many million numbers Python adds in a second of one core.

    Machines that share their processor with others do twice or half as much an hour later, at a load of zero.
    """
    began, total = time.perf_counter(), 0
    for number in range(_ADDITIONS):
        total += number
    return round(_ADDITIONS / (time.perf_counter() - began) / 1_000_000, 1)


def versions() -> dict[str, str]:
    """Return the versions of Python and of the most relevant packages."""
    return {"Python": platform.python_version(), **{name: version(name) for name in _PACKAGES}}


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:  # noqa: PTH123 - not a real file
            names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or "unknown"
