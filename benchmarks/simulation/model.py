"""Predict task instances, processor time, calls, ledger and machines for any number of merchants. Pure.

A merchant is a lane with a store and a warehouse of its own. Orders come at random, one by one, the same all day.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from benchmarks.simulation.costs import Costs

_HOUR, _DAY = 3600.0, 86_400.0
# What a 3dcart store accepts continuously (3dcart-api.md, section 3.3), and the calls of an import that finds nothing.
STORE_CALLS_PER_SECOND, _EMPTY_CALLS = 2.0, 1
# Bytes of an order in the ledger while it has its payloads, and after retention (docs/sizing.md).
_FULL_ORDER, _KEPT_ORDER, _PAYLOAD_DAYS, _YEAR = 11_000, 6_500, 90, 365
# How many lanes one Airflow was measured with, and the machine that the table counts in.
_LANES_OF_AN_AIRFLOW = 500
MACHINE_CORES, _BUSY = 8, 0.6
_WATCHDOG_EVERY, _PARSED_EVERY = 300.0, 120.0
# Files that build a DAG for each lane.
_FAMILIES = 6


@dataclass(frozen=True, slots=True)
class Merchants:
    """A deployment: how many merchants, their orders a day, their windows and looks in seconds; None: no looks."""

    count: int
    orders_per_day: float
    orders_window: float
    shipments_window: float
    look_for_orders: float | None = None
    look_for_shipments: float | None = None


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a deployment needs. Rates are means of a day; `cores` are the cores that are busy."""

    task_instances_per_second: float
    cores: float
    machines: int
    airflows: int
    calls_per_store_and_minute: float
    share_of_calls: float
    ledger_gb_after_a_year: float
    mean_wait: float


def predict(deployment: Merchants, costs: Costs) -> Prediction:
    """Return what a deployment needs, by the costs of its parts. A look that was not measured counts as nothing."""
    tasks = tasks_per_second(deployment, costs)
    orders = deployment.count * deployment.orders_per_day / _DAY
    cores = (
        tasks * costs.task
        + orders * costs.order
        + deployment.count * looks_per_second(deployment) * (costs.look or 0.0)
        + deployment.count * _FAMILIES * costs.parse_per_lane / _PARSED_EVERY
        + deployment.count * costs.watchdog_per_lane / _WATCHDOG_EVERY
    )
    calls = calls_per_store_and_second(deployment, costs)
    return Prediction(
        task_instances_per_second=tasks,
        cores=cores,
        machines=max(1, math.ceil(cores / (MACHINE_CORES * _BUSY))),
        airflows=math.ceil(deployment.count / _LANES_OF_AN_AIRFLOW),
        calls_per_store_and_minute=calls * 60,
        share_of_calls=calls / STORE_CALLS_PER_SECOND,
        ledger_gb_after_a_year=ledger_bytes(deployment, _YEAR) / 1e9,
        mean_wait=(deployment.look_for_orders or deployment.orders_window) / 2,
    )


def tasks_per_second(deployment: Merchants, costs: Costs) -> float:
    """Return the task processes that start in a second.

    Without looks, a window has orders with the probability that at least one came in it. With looks each order has a
    run of each DAG of its own, and windows find nothing.
    """
    rate = deployment.orders_per_day / _DAY
    if deployment.look_for_orders is not None:
        orders = costs.empty_tasks / deployment.orders_window + rate * costs.window_tasks
    else:
        busy = 1 - math.exp(-rate * deployment.orders_window)
        tasks = busy * costs.window_tasks + (1 - busy) * costs.empty_tasks
        orders = tasks / deployment.orders_window
    if deployment.look_for_shipments is not None:
        shipments = costs.empty_shipment_tasks / deployment.shipments_window + rate * costs.shipment_tasks
    else:
        busy = 1 - math.exp(-rate * deployment.shipments_window)
        tasks = busy * costs.shipment_tasks + (1 - busy) * costs.empty_shipment_tasks
        shipments = tasks / deployment.shipments_window
    return deployment.count * (orders + shipments)


def looks_per_second(deployment: Merchants) -> float:
    """Return the looks of one merchant in a second, at store and warehouse."""
    return sum(1 / every for every in (deployment.look_for_orders, deployment.look_for_shipments) if every)


def calls_per_store_and_second(deployment: Merchants, costs: Costs) -> float:
    """Return the calls that one store gets in a second: looks, windows and orders."""
    look = 1 / deployment.look_for_orders if deployment.look_for_orders else 0.0
    rate = deployment.orders_per_day / _DAY
    # A run for a single order reads, writes and reads back by itself, as 1,000 orders together do.
    per_order = costs.calls_per_order + (_CALLS_OF_A_RUN if deployment.look_for_orders else 0)
    return look + _EMPTY_CALLS / deployment.orders_window + rate * per_order


# The list, the status with its readings, and the tracking with its readings, for one order alone.
_CALLS_OF_A_RUN = 6


def ledger_bytes(deployment: Merchants, days: float) -> float:
    """Return the size of the ledger after so many days."""
    full = min(days, _PAYLOAD_DAYS)
    per_day = deployment.count * deployment.orders_per_day
    return per_day * (full * _FULL_ORDER + (days - full) * _KEPT_ORDER)


def parse_seconds(lanes: int, costs: Costs) -> float:
    """Return the seconds in which a file with a DAG for each lane is parsed."""
    return costs.parse_first + (lanes - 1) * costs.parse_per_lane


def watchdog_seconds(lanes: int, costs: Costs) -> float:
    """Return the seconds of a round of the watchdog in which nothing is new."""
    return costs.watchdog_first + lanes * costs.watchdog_per_lane


def throttled_seconds(calls: float, burst: int = 50) -> float:
    """Return the seconds in which a store that is idle at first accepts so many calls."""
    return max(0.0, calls - burst) / STORE_CALLS_PER_SECOND
