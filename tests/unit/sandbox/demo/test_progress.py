"""What the demo tells while it runs: each step once, and what the orders wait for now."""

from __future__ import annotations

from dataclasses import replace

from cartage_sandbox.demo.progress import Progress, Steps

NOTHING = Progress(wanted=10, to_ship=8, at_warehouse=0, acknowledged=0, left=0, shipped=0, stocks=0)


def test_each_step_is_told_once_and_in_order() -> None:
    steps = Steps("demo", with_stock=True)
    told: list[str] = []
    seen = [
        NOTHING,
        replace(NOTHING, at_warehouse=10, acknowledged=4),
        replace(NOTHING, at_warehouse=10, acknowledged=10),
        replace(NOTHING, at_warehouse=10, acknowledged=10, left=9, shipped=3),
        replace(NOTHING, at_warehouse=10, acknowledged=10, left=9, shipped=8, stocks=5),
    ]
    for seconds, now in enumerate(seen + seen[-1:]):
        told += steps.reached(now, seconds)
    assert told == [
        "demo: all 10 orders are at the warehouse, each once",
        "demo: the store shows them as Processing",
        "demo: the warehouse has shipped them",
        "demo: the store shows 8 as Shipped, with their tracking numbers",
        "demo: stock of 5 products is in the store",
    ]
    assert steps.waiting(seen[-1], 99.0) == ""


def test_what_the_orders_wait_for_follows_their_steps() -> None:
    steps = Steps("demo", with_stock=False)

    def waits(now: Progress, seconds: float) -> str:
        list(steps.reached(now, seconds))
        return steps.waiting(now, seconds)

    assert waits(NOTHING, 1) == "waiting for the first run to import and check the orders"
    assert waits(replace(NOTHING, at_warehouse=4), 2) == "sending to the warehouse: 4 of 10"
    sent = replace(NOTHING, at_warehouse=10)
    assert waits(sent, 10) == "setting Processing in the store: 0 of 10"
    accepted = replace(sent, acknowledged=10)
    assert waits(accepted, 12) == "waiting for the warehouse to ship: 20 s"
    assert waits(accepted, 30) == "waiting for the warehouse to ship: 2 s"
    assert waits(accepted, 60) == "waiting for the warehouse to ship: 0 s"
    left = replace(accepted, left=8)
    assert waits(left, 61) == "waiting for the next run to read tracking"
    assert waits(replace(left, shipped=2), 62) == "posting tracking to the store: 2 of 8"
    assert waits(replace(left, shipped=8), 63) == ""
