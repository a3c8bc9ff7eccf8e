"""Which later tasks are skipped: those of idle stages, up to the first one that has work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import DownstreamTasksSkipped

from cartage.errors import RemoteUnavailable
from cartage.readiness import stages as readiness
from cartage_airflow.operators.base import StageOperator
from cartage_airflow.operators.idle_tasks import stages_of, tasks_beside, tasks_to_skip
from tests.unit.airflow.test_operators import OPERATORS, Stage, World, context, lane, stage_returns, worlds

__all__ = ["lane", "stage_returns", "worlds"]  # fixtures

AFTER_IMPORT = {
    "validate_mappings": ["import_orders"],
    "blocked_orders": ["validate_mappings"],
    "settle_outcomes": ["validate_mappings"],
    "transfer_to_warehouse": ["settle_outcomes"],
    "mark_processing": ["transfer_to_warehouse"],
}


@dataclass(frozen=True)
class Task:
    """A task of a DAG, as far as the rule looks at it."""

    task_id: str
    upstream_task_ids: list[str]
    stage: str = ""
    lane: str = "demo"


def later(upstream: Mapping[str, list[str]] = AFTER_IMPORT) -> list[Task]:
    return [Task(name, before, stage=name) for name, before in upstream.items()]


def skipped(idle: set[str], tasks: list[Task] | None = None) -> set[str]:
    found = later() if tasks is None else tasks
    return set(tasks_to_skip(found, stages_of(found, "demo"), idle))


def test_without_any_work_every_later_task_is_skipped() -> None:
    assert skipped(set(AFTER_IMPORT)) == set(AFTER_IMPORT)


def test_with_orders_to_validate_no_later_task_is_skipped() -> None:
    assert skipped(set(AFTER_IMPORT) - {"validate_mappings"}) == set()


def test_tasks_after_the_first_one_with_work_run_with_it() -> None:
    idle = set(AFTER_IMPORT) - {"settle_outcomes"}
    assert skipped(idle) == {"validate_mappings", "blocked_orders"}


def test_a_task_with_work_runs_though_those_before_it_are_skipped() -> None:
    assert skipped(set(AFTER_IMPORT) - {"mark_processing"}) == set(AFTER_IMPORT) - {"mark_processing"}
    assert skipped(set(AFTER_IMPORT) - {"blocked_orders"}) == set(AFTER_IMPORT) - {"blocked_orders"}


POLLED = ["poll_tracking__east", "poll_tracking__west"]
POST = [Task("update_order_status", POLLED, stage="update_order_status")]


def test_the_polls_of_other_warehouses_are_beside_the_one_that_decides() -> None:
    assert tasks_beside(POST, {"poll_tracking__west"}) == {"poll_tracking__east"}
    assert tasks_beside(later(), {"import_orders"}) == set()


def test_a_task_is_not_skipped_while_another_warehouse_may_find_work_for_it() -> None:
    stages = stages_of(POST, "demo")
    idle = {"update_order_status"}
    assert tasks_to_skip(POST, stages, idle, {"poll_tracking__east"}) == []
    assert tasks_to_skip(POST, stages, idle, set()) == ["update_order_status"]


def test_a_task_that_is_no_stage_of_the_lane_runs_and_so_do_those_after_it() -> None:
    tasks = [
        Task("validate_mappings", ["import_orders"], stage="validate_mappings"),
        Task("my_own", ["validate_mappings"]),
        Task("transfer_to_warehouse", ["my_own"], stage="transfer_to_warehouse"),
        Task("other_lane", ["validate_mappings"], stage="mark_processing", lane="other"),
    ]
    idle = {"validate_mappings", "transfer_to_warehouse", "mark_processing"}
    assert skipped(idle, tasks) == {"validate_mappings"}


@pytest.fixture
def noted(worlds: list[World], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tasks that are noted as skipped. The ledger has work for `mark_processing` only."""
    found: list[str] = []
    monkeypatch.setattr(readiness, "idle_stages", lambda _, __, stages: stages - {"mark_processing"})
    monkeypatch.setattr(readiness, "note_idle", lambda _, __, tasks: found.extend(tasks))
    return found


def chain(**given: Any) -> dict[str, StageOperator]:
    """The tasks of a DAG with all stages of orders."""
    with DAG("orders__demo", schedule=None):
        made: dict[str, StageOperator] = {
            name: OPERATORS[name](task_id=name, lane="demo", window_start="", window_end="", **given)
            for name in ("import_orders", *AFTER_IMPORT)
        }
        for name, before in AFTER_IMPORT.items():
            made[before[0]] >> made[name]
    return made


def pushed(task: StageOperator) -> tuple[dict[str, Any], list[str]]:
    """Run the task; return its XComs and the tasks that it skips."""
    xcoms: dict[str, Any] = {}
    given = context()
    given["ti"].xcom_push = lambda key, value: xcoms.update({key: value})
    with pytest.raises(DownstreamTasksSkipped) as ended:
        task.execute(given)
    return xcoms, sorted(ended.value.tasks)


def test_the_task_succeeds_with_its_counts_and_skips_those_without_work(
    noted: list[str], stage_returns: Callable[[Stage], None]
) -> None:
    xcoms, skipped_tasks = pushed(chain(skip_idle=True)["import_orders"])
    assert skipped_tasks == sorted(set(AFTER_IMPORT) - {"mark_processing"})
    assert xcoms == {"return_value": {"seen": 3, "imported": 2, "skipped": 0}}
    assert sorted(noted) == skipped_tasks


def test_without_the_setting_nothing_is_skipped(
    noted: list[str], stage_returns: Callable[[Stage], None]
) -> None:
    assert chain()["import_orders"].execute(context()) == {"seen": 3, "imported": 2, "skipped": 0}
    assert noted == []


def test_the_last_task_has_nothing_to_skip(noted: list[str], stage_returns: Callable[[Stage], None]) -> None:
    last = chain(skip_idle=True)["mark_processing"]
    assert last.execute(context()) == {"seen": 3, "imported": 2, "skipped": 0}
    assert noted == []


def test_a_task_that_fails_skips_nothing(noted: list[str], stage_returns: Callable[[Stage], None]) -> None:
    def fails(_: World) -> dict[str, int]:
        raise RemoteUnavailable("3dcart store demo", "GET /Orders", "503")

    stage_returns(fails)
    with pytest.raises(RemoteUnavailable):
        chain(skip_idle=True)["import_orders"].execute(context())
    assert noted == []
