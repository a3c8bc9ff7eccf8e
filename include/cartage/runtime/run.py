"""The run of a stage, and the window that it is for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Window:
    """The data interval `[start, end)` of one run, in aware times."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None or self.start >= self.end:
            raise ValueError(
                f"window {self.start} to {self.end}: both ends need a time zone, and start before end"
            )

    def __contains__(self, instant: datetime) -> bool:
        return self.start <= instant < self.end


@dataclass(frozen=True, slots=True)
class Run:
    """The run of one stage.

    `id` names the try of the task (`dag/run/task/try`), `dag_run` the DAG run that it is part of. Only a run that
    `may_sweep` reads the whole import status. A `background` run (a backfill) takes only its share of the calls. A run
    of `everything` also writes values that have not changed. An `announced` run was started because the lookout has
    seen something new: it sweeps even if no sweep is due.
    """

    id: str
    dag_run: str
    stage: str
    may_sweep: bool = False
    background: bool = False
    everything: bool = False
    announced: bool = False
