"""The peak memory of a process."""

from __future__ import annotations

import resource
from pathlib import Path


def peak_mb() -> float:
    """Return this process's peak memory in MB.

    On Linux not from `ru_maxrss`, which survives exec (getrusage(2)): a child of a large process would begin with that
    process's peak.
    """
    status = Path("/proc/self/status")
    if status.exists():
        [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
