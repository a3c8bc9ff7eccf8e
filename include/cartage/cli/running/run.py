"""`cartage run STAGE`: run one stage of a lane without Airflow."""

from __future__ import annotations

import logging
import signal
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from cartage.cli.options import AsJson, LaneName, cli_run, read_time
from cartage.cli.printing import show_json, show_table
from cartage.task_names import AT_WAREHOUSE, task_name

if TYPE_CHECKING:
    from cartage.runtime.context import StageContext
    from cartage.runtime.run import Window

log = logging.getLogger(__name__)


def run_stage(
    stage: Annotated[str, typer.Argument(help="Name of the stage, e.g. import_orders.", metavar="STAGE")],
    lane: LaneName,
    start: Annotated[
        str | None, typer.Option("--from", help="Start of the window (ISO 8601; UTC if it has no offset).")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="End of the window, exclusive.")] = None,
    sweep: Annotated[
        bool | None,
        typer.Option(
            "--sweep/--no-sweep", help="Also read the whole import status. Default: only without a window."
        ),
    ] = None,
    background: Annotated[
        bool,
        typer.Option(
            "--background", help="Use only the share of the store's call budget that backfills get."
        ),
    ] = False,
    everything: Annotated[
        bool, typer.Option("--full", help="update_stock: also write stocks that are correct already.")
    ] = False,
    warehouse: Annotated[
        str, typer.Option("--warehouse", help="Of a lane with several warehouses: work for this one only.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Run one stage of a lane and print its counts.

    A stage that speaks to the warehouse works for each warehouse of the lane, one after the other. It also finishes
    what earlier runs left. On Ctrl-C or SIGTERM no new order starts, and requests in flight finish.
    """
    from cartage.dispatch import STAGE_NAMES
    from cartage.lanes import get_lane

    if stage not in STAGE_NAMES:
        raise typer.BadParameter(f"no stage {stage!r}; stages: {', '.join(STAGE_NAMES)}", param_hint="STAGE")
    window = _window(start, end)
    found = get_lane(lane)
    if warehouse and warehouse not in found.warehouse_names():
        names = ", ".join(filter(None, found.warehouse_names())) or "only one, without a name"
        raise typer.BadParameter(
            f"lane {lane} has no warehouse {warehouse!r}; it has {names}", param_hint="--warehouse"
        )
    if warehouse and stage not in AT_WAREHOUSE:
        raise typer.BadParameter(
            f"{stage} works for the whole lane: leave it out. Stages with it: {', '.join(sorted(AT_WAREHOUSE))}",
            param_hint="--warehouse",
        )
    may_sweep = window is None if sweep is None else sweep
    run = cli_run(stage, may_sweep=may_sweep, background=background, everything=everything)
    from cartage.runtime.context import open_lane

    with _stopping() as stop, open_lane(found, run, window=window, stop=stop) as context:
        # Of several warehouses each is a task of its own, as in Airflow.
        places = found.warehouse_names() if stage in AT_WAREHOUSE and not warehouse else (warehouse,)
        counts = _run_at_each(context, stage, places)
    if as_json:
        show_json(counts)
    else:
        show_table(("count", "orders"), list(counts.items()), title=f"{lane}: {stage}")


def _run_at_each(context: StageContext, stage: str, places: Sequence[str]) -> dict[str, int]:
    """Run a stage at these warehouses (an empty name: for the whole lane), and note each as a task; return its counts.

    A failure of one is raised when the others are done.
    """
    from cartage.db.task_runs import record_task_run
    from cartage.dispatch import stage as stage_function

    counts: Counter[str] = Counter()
    failures: list[Exception] = []
    for place in places:
        task, live = task_name(stage, place), not context.run.background
        try:
            with record_task_run(context.ledger, context.lane.name, task, live=live):
                counts.update(stage_function(stage)(context.at(place) if place else context))
        except Exception as failure:
            if len(places) > 1:
                log.exception("lane %s: %s failed", context.lane.name, task)
            failures.append(failure)
    if failures:
        raise failures[0]
    return dict(counts)


def _window(start: str | None, end: str | None) -> Window | None:
    if start is None and end is None:
        return None
    if start is None or end is None:
        raise typer.BadParameter("a window needs both --from and --to")
    from cartage.runtime.run import Window

    try:
        return Window(read_time(start), read_time(end))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    """Yield an event that the first signal sets. A second signal ends the program at once."""
    stop = threading.Event()

    def request_stop(number: int, _frame: FrameType | None) -> None:
        received = signal.Signals(number)
        log.warning("%s: no new order starts; send the signal again to end at once", received.name)
        stop.set()
        signal.signal(received, before[received])

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        for number in before:
            signal.signal(number, request_stop)
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
