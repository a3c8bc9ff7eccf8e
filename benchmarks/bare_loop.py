"""Run the baseline's bare loop against a shop, and read its results."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Literal

from cartage_sandbox.stack.deployment import PROJECT
from cartage_sandbox.stack.environment import own_environment
from cartage_sandbox.stack.shop import Shop

_SECONDS = 1200


@dataclass(frozen=True, slots=True)
class BareRun:
    """The results of the loop."""

    orders: int
    seconds: float
    peak_mb: float


def bare_loop(shop: Shop, part: Literal["all", "import"]) -> BareRun:
    """Run the loop in a process of its own.

    Raises:
        subprocess.CalledProcessError: if it failed.
    """
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.baseline", part],
        env=own_environment() | shop.connections(),
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
        timeout=_SECONDS,
        check=True,
    )
    return BareRun(**json.loads(done.stdout))
