"""Which run this is, and the window that it is for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Window:
    """`[start, end)`, the data interval of one run; aware times."""

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
    """Which run this is.

    `id` names the try of the task (`dag/run/task/try`), `dag_run` the run that it is part of. Only a run that
    `may_sweep` reads the whole import status; a `background` run (a backfill) takes only its share of the calls; one of
    `everything` writes what it finds unchanged, too.
    """

    id: str
    dag_run: str
    stage: str
    may_sweep: bool = False
    background: bool = False
    everything: bool = False
