"""What an idle task costs the ledger: its sessions and statements are counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

from cartage.db import Ledger
from cartage_airflow.operators.base import StageOperator
from cartage_airflow.operators.orders import ImportOrdersOperator
from cartage_airflow.operators.shipments import PollTrackingOperator
from tests.contract.airflow.conftest import WriteLane, write_lane
from tests.contract.world import World
from tests.unit.airflow.test_operators import context

__all__ = ["write_lane"]  # fixture

END = datetime.now(UTC).replace(second=0, microsecond=0)


@pytest.fixture
def spent(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """Count transactions, their statements, and statements that run alone, on every ledger of the process."""
    counts: Counter[str] = Counter()

    def begin(*_: object) -> None:
        counts["transactions"] += 1

    def statement(*_: object) -> None:
        counts["statements"] += 1

    alone = Ledger.alone

    def run_alone(ledger: Ledger, *arguments: Any) -> Any:
        counts["alone"] += 1
        return alone(ledger, *arguments)

    event.listen(Engine, "begin", begin)
    event.listen(Engine, "before_cursor_execute", statement)
    monkeypatch.setattr(Ledger, "alone", run_alone)
    yield counts
    event.remove(Engine, "begin", begin)
    event.remove(Engine, "before_cursor_execute", statement)


def cost(task: StageOperator, counts: Counter[str]) -> dict[str, int]:
    """Run the task twice, and return what the second time costs: the first one makes the rows of the lane."""
    given: Any = context()
    task.execute(given)
    counts.clear()
    task.execute(given)
    return dict(counts)


@pytest.mark.parametrize(
    ("task", "most"),
    [
        (ImportOrdersOperator, {"transactions": 9, "statements": 30, "alone": 9}),
        (PollTrackingOperator, {"transactions": 7, "statements": 24, "alone": 9}),
    ],
)
def test_a_task_without_work_costs_few_sessions(
    world: World,
    write_lane: WriteLane,
    spent: Counter[str],
    task: type[StageOperator],
    most: dict[str, int],
) -> None:
    world.settings["schedules"] = {"sweep_every": "1h", "watch_every": "1h"}
    write_lane(world)
    window: Any = {"window_start": (END - timedelta(minutes=5)).isoformat(), "window_end": END.isoformat()}
    found = cost(task(task_id=task.stage, lane="demo", skip_idle=True, **window), spent)
    assert {name: count for name, count in found.items() if count > most[name]} == {}, found
    assert found["transactions"] > 3
