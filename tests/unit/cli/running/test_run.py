from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from typer.testing import Result

Cartage = Callable[..., Result]


@dataclass
class _World:
    """Replaces a lane's ledger and clients, and records what a stage would receive."""

    run: Any = None
    window: Any = None
    stop: Any = None
    closed: bool = False
    lane: Any = None
    ledger: Any = None
    noted: list[tuple[str, str, bool]] = field(default_factory=list)
    act: Callable[[], None] = field(default=lambda: None)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> _World:
    from cartage import dispatch as stages
    from cartage.db import task_runs
    from cartage.runtime import context as context_module

    found = _World()

    @contextmanager
    def open_lane(lane: Any, run: Any, *, window: Any = None, stop: Any = None) -> Iterator[_World]:
        assert lane.name == "demo"
        found.lane, found.run, found.window, found.stop = lane, run, window, stop
        yield found
        found.closed = True

    @contextmanager
    def record_task_run(ledger: Any, lane: str, task: str, *, live: bool) -> Iterator[None]:
        found.noted.append((lane, task, live))
        yield

    def stage(name: str) -> Callable[[Any], dict[str, int]]:
        def run(context: Any) -> dict[str, int]:
            context.act()
            return {"imported": 3, "skipped": 1}

        return run

    monkeypatch.setattr(context_module, "open_lane", open_lane)
    monkeypatch.setattr(stages, "stage", stage)
    monkeypatch.setattr(task_runs, "record_task_run", record_task_run)
    return found


def test_a_stage_runs_over_its_window_and_prints_its_counts(cartage: Cartage, world: _World) -> None:
    result = cartage(
        "run", "import_orders", "--lane", "demo", "--from", "2026-03-01", "--to", "2026-03-01T06:00-05:00"
    )
    assert result.exit_code == 0, result.output
    assert world.window.start == datetime(2026, 3, 1, tzinfo=UTC)
    assert world.window.end == datetime(2026, 3, 1, 11, tzinfo=UTC)
    assert "imported" in result.stdout
    assert world.noted == [("demo", "import_orders", True)]
    assert world.closed


def test_with_json_stdout_contains_only_the_counts(cartage: Cartage, world: _World) -> None:
    result = cartage("run", "mark_processing", "--lane", "demo", "--json")
    assert json.loads(result.stdout) == {"imported": 3, "skipped": 1}


@pytest.mark.parametrize(
    ("arguments", "sweeps"),
    [
        ((), True),
        (("--no-sweep",), False),
        (("--from", "2026-03-01", "--to", "2026-03-02"), False),
        (("--from", "2026-03-01", "--to", "2026-03-02", "--sweep"), True),
    ],
)
def test_it_sweeps_without_a_window_or_on_request(
    cartage: Cartage, world: _World, arguments: tuple[str, ...], sweeps: bool
) -> None:
    assert cartage("run", "import_orders", "--lane", "demo", *arguments).exit_code == 0
    assert world.run.may_sweep is sweeps


def test_each_call_is_a_separate_run_with_a_ledger_run_id(cartage: Cartage, world: _World) -> None:
    names = set()
    for _ in range(2):
        cartage("run", "poll_tracking", "--lane", "demo")
        assert world.run.id == f"{world.run.dag_run}/poll_tracking/1"
        assert world.run.dag_run.startswith("cli/")
        names.add(world.run.dag_run)
    assert len(names) == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("import_order",), "stages:"),
        (("import_orders", "--from", "2026-03-01"), "both --from and --to"),
        (("import_orders", "--from", "March", "--to", "2026-03-02"), "is not a time"),
        (("import_orders", "--from", "2026-03-02", "--to", "2026-03-01"), "before"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_opened(
    cartage: Cartage, world: _World, arguments: tuple[str, ...], says: str
) -> None:
    result = cartage("run", "--lane", "demo", *arguments)
    assert result.exit_code == 2
    assert says in " ".join(result.stderr.replace("│", " ").split())
    assert world.run is None


def test_an_unknown_lane_is_refused(cartage: Cartage, world: _World) -> None:
    result = cartage("run", "import_orders", "--lane", "dmeo")
    assert result.exit_code == 1
    assert "Did you mean 'demo'?" in result.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_new_orders_and_lets_the_stage_end(
    cartage: Cartage, world: _World, number: signal.Signals
) -> None:
    before = signal.getsignal(number)

    def struck() -> None:
        os.kill(os.getpid(), number)
        assert world.stop.wait(5)

    world.act = struck
    result = cartage("run", "transfer_to_warehouse", "--lane", "demo")
    assert result.exit_code == 0
    assert world.closed
    assert signal.getsignal(number) is before


def test_without_a_ledger_address_it_says_what_to_set(cartage: Cartage) -> None:
    result = cartage("run", "import_orders", "--lane", "demo")
    assert result.exit_code == 1
    assert "CARTAGE_LEDGER_URL" in result.stderr
