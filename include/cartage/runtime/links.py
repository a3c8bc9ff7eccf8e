"""Where an alert leads. The engine knows no address of Airflow's: whoever runs it inside gives them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


def _nowhere(_: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Links:
    """Makes addresses: of what a run (`dag/run/task/try`) moved, of a lane's coverage or stock, of a DAG. Empty: none.

    `log` is the log of the run of the lane that is looking, if any.
    """

    moved: Callable[[str], str] = _nowhere
    coverage: Callable[[str], str] = _nowhere
    stock: Callable[[str], str] = _nowhere
    dag: Callable[[str], str] = _nowhere
    log: str = ""


NO_LINKS = Links()
