"""The baseline as a bare loop, in a process of its own: `python -m benchmarks.baseline all|import`."""

from __future__ import annotations

import json
import sys
import time

from benchmarks.baseline import plain_calls
from benchmarks.peak_memory import peak_mb


def main(part: str) -> None:
    """Do the complete job or only the import; print orders, seconds and peak memory as JSON."""
    started = time.perf_counter()
    orders = plain_calls.list_orders()
    if part == "all":
        skus = frozenset(plain_calls.list_skus())
        for order in orders:
            plain_calls.acknowledge(plain_calls.transfer(plain_calls.validate(order, skus)))
    print(json.dumps({"orders": len(orders), "seconds": time.perf_counter() - started, "peak_mb": peak_mb()}))


if __name__ == "__main__":
    main(sys.argv[1])
