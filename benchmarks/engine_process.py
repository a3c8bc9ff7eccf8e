"""The engine in a process of its own, as a task or `cartage run` has it: runs stages that it is told on stdin.

It measures nothing but itself; what the orders became is for others to check.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import datetime
from typing import Any

from benchmarks.peak_memory import peak_mb
from cartage.dispatch import stage
from cartage.lanes import get_lane
from cartage.runtime.context import open_lane
from cartage.runtime.run import Run, Window


def main() -> None:
    """A JSON object a line: `{"stage", "lane", "run", "window": [from, to] or null, "sweep"}`; answers in kind."""
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line))), flush=True)


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    window = Window(*map(datetime.fromisoformat, asked["window"])) if asked["window"] else None
    name = asked["stage"]
    run = Run(id=f"{asked['run']}/{name}/1", dag_run=asked["run"], stage=name, may_sweep=asked["sweep"])
    cpu, started = time.process_time(), time.perf_counter()
    with open_lane(get_lane(asked["lane"]), run, window=window) as context:
        counts = stage(name)(context)
    return {
        "counts": counts,
        "seconds": time.perf_counter() - started,
        "cpu": time.process_time() - cpu,
        "peak_mb": peak_mb(),
    }


if __name__ == "__main__":
    main()
