"""Runs the baseline's bare loop against a shop, and reads back what it took."""

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
    """What the loop did."""

    orders: int
    seconds: float
    peak_mb: float


def bare_loop(shop: Shop, part: Literal["all", "import"]) -> BareRun:
    """Run the loop in a process of its own; raises CalledProcessError if it failed."""
    answer = subprocess.run(
        [sys.executable, "-m", "benchmarks.baseline", part],
        env=own_environment() | shop.connections(),
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
        timeout=_SECONDS,
        check=True,
    )
    return BareRun(**json.loads(answer.stdout))
