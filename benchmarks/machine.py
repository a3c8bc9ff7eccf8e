"""The machine that a number was measured on: without it, a number says nothing."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version

import psutil

_PACKAGES = ("apache-airflow-core", "sqlalchemy", "psycopg", "requests", "pydantic")


def facts() -> dict[str, str | int | float]:
    """Cores, memory, system; `load` is the load average of the minute before."""
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processor": _processor(),
        "load": round(os.getloadavg()[0], 2),
    }


def versions() -> dict[str, str]:
    """Python, and the packages that a number depends on most."""
    return {"Python": platform.python_version(), **{name: version(name) for name in _PACKAGES}}


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:  # noqa: PTH123 - no file, a window of the kernel
            names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or "unknown"
