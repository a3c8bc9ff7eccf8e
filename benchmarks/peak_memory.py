"""The most memory that a process ever held."""

from __future__ import annotations

import resource
from pathlib import Path


def peak_mb() -> float:
    """This process's peak, in MB.

    Not `ru_maxrss` where Linux tells better: that survives exec (getrusage(2)), so that a child of a large program
    begins with that program's peak.
    """
    status = Path("/proc/self/status")
    if status.exists():
        [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
