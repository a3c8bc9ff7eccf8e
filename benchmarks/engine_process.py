"""The engine in a process of its own, like a task or `cartage run`: runs the stages that are requested on stdin.

It measures only itself; the benchmarks check the orders.
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
from cartage.runtime.context import StageContext, open_lane
from cartage.runtime.run import Run, Window

# Not a stage: the comparison of store, ledger and warehouse.
COMPARE = "compare"


def main() -> None:
    """Read requests, a JSON object per line: `{"stage", "lane", "run", "window": [from, to] or null, "sweep"}`."""
    for line in sys.stdin:
        print(json.dumps(_result(json.loads(line))), flush=True)


def _result(request: dict[str, Any]) -> dict[str, Any]:
    window = Window(*map(datetime.fromisoformat, request["window"])) if request["window"] else None
    name = request["stage"]
    run = Run(id=f"{request['run']}/{name}/1", dag_run=request["run"], stage=name, may_sweep=request["sweep"])
    cpu, started = time.process_time(), time.perf_counter()
    with open_lane(get_lane(request["lane"]), run, window=window) as context:
        counts = _compared(context) if name == COMPARE else stage(name)(context)
    return {
        "counts": counts,
        "seconds": time.perf_counter() - started,
        "cpu": time.process_time() - cpu,
        "peak_mb": peak_mb(),
    }


def _compared(context: StageContext) -> dict[str, int]:
    # pandas costs memory that the stages do not need.
    from cartage.reconciliation.reconcile import reconcile

    return reconcile(context).counts


if __name__ == "__main__":
    main()
