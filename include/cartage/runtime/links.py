"""Links for alerts. The engine does not know Airflow's addresses; the plugin passes functions that make them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


def _nowhere(_: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Links:
    """Functions that return an address, or an empty text if there is none.

    `moved` takes a run (`dag/run/task/try`) and leads to the orders that it moved; `coverage`, `stock` and
    `differences` take a lane, `dag` a DAG id. `log` is the address of the present run's log.
    """

    moved: Callable[[str], str] = _nowhere
    coverage: Callable[[str], str] = _nowhere
    stock: Callable[[str], str] = _nowhere
    differences: Callable[[str], str] = _nowhere
    dag: Callable[[str], str] = _nowhere
    log: str = ""


NO_LINKS = Links()
