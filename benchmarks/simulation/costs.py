"""The measured costs that the model is made of, read from results.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parents[1] / "results.json"


class NotMeasured(LookupError):
    """results.json does not have a figure that the model needs; the message says which benchmark measures it."""


@dataclass(frozen=True, slots=True)
class Results:
    """The figures of results.json."""

    records: Mapping[str, Any]

    def product(self, key: str, name: str) -> float:
        """Return a figure of Cartage.

        Raises:
            NotMeasured: if it is not there.
        """
        figures = self.records.get(key, {}).get("figures", ())
        found = next((figure["product"] for figure in figures if figure["name"] == name), None)
        if found is None:
            raise NotMeasured(f"results.json has no figure {name!r}: run python -m benchmarks {key}")
        return float(found)

    def has(self, key: str) -> bool:
        """Return whether a benchmark was measured."""
        return key in self.records


@dataclass(frozen=True, slots=True)
class Costs:
    """What single things cost. Seconds of processor time, unless the name says otherwise.

    `task`: a run with one task process, with what scheduler, API server and Airflow's database do for it; as long as
    that was not measured, the task process alone, from its start and with Airflow's import. `order`: an
    order in all stages, with the database. `look`: one look for orders or shipments; None as long as it was not
    measured. `window_tasks` and `empty_tasks` are the task processes of a window of the orders DAG, with and without
    orders; `shipment_tasks` and `empty_shipment_tasks` those of the shipments DAG, with and without shipments.
    """

    task: float
    order: float
    look: float | None
    window_tasks: float
    empty_tasks: float
    shipment_tasks: float
    empty_shipment_tasks: float
    calls_per_order: float
    parse_per_lane: float
    parse_first: float
    watchdog_per_lane: float
    watchdog_first: float


_TASK_ALONE = ("o", "CPU of a task process, 1 lanes")
# Lanes of benchmark q, and how often each looks for orders and for shipments. Seconds.
WATCHED_LANES, LOOK_FOR_ORDERS, LOOK_FOR_SHIPMENTS = 100, 10.0, 15.0


def read_results(path: Path = RESULTS) -> Results:
    """Return the figures of results.json."""
    return Results(json.loads(path.read_text(encoding="utf-8")))


def costs_of(results: Results) -> Costs:
    """Return the costs that the model needs.

    Raises:
        NotMeasured: if a figure is not there.
    """
    thousand = "CPU time of {}, per 1,000 orders"
    order = sum(results.product("a", thousand.format(part)) for part in ("the engine", "PostgreSQL")) / 1000
    calls = results.product("c", "store: all") + results.product("c", "store, tracking read back")
    looks = WATCHED_LANES * 60 * (1 / LOOK_FOR_ORDERS + 1 / LOOK_FOR_SHIPMENTS)
    file = {lanes: results.product("o", f"all DAGs of the file, {lanes} lanes") for lanes in (1, 500)}
    watchdog = {lanes: results.product("o", f"a round of the watchdog, {lanes} lanes") for lanes in (10, 500)}
    return Costs(
        task=results.product(*(("p", "CPU of a run") if results.has("p") else _TASK_ALONE)),
        order=order,
        look=results.product("q", "CPU of the triggerer, per minute") / looks if results.has("q") else None,
        window_tasks=results.product("b", "task instances of 500 orders"),
        empty_tasks=results.product("e", "task processes"),
        shipment_tasks=2,
        empty_shipment_tasks=1,
        calls_per_order=calls / 1000,
        parse_per_lane=(file[500] - file[1]) / 499,
        parse_first=file[1],
        watchdog_per_lane=(watchdog[500] - watchdog[10]) / 490,
        watchdog_first=watchdog[10] - 10 * (watchdog[500] - watchdog[10]) / 490,
    )
