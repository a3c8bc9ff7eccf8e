"""How a trial ended for each order, whatever happened on the way: what two executors must have in common."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.faults.real_airflow.schedule import AirflowSchedule
from tests.faults.real_airflow.site import Site

# By fulfillment order or by order; values are of JSON.
Ending = Mapping[str, Mapping[str, Any]]

_FULFILLMENT_ORDERS = """
    SELECT f.order_id || '/' || f.shipment_id, f.reference, f.state, f.generation,
        (SELECT jsonb_agg(jsonb_build_array(l.sku, l.quantity) ORDER BY l.position)
            FROM fulfillment_line l WHERE l.fulfillment_order_id = f.id),
        (SELECT count(*) FROM package p JOIN shipment s ON s.id = p.shipment_id
            WHERE s.fulfillment_order_id = f.id AND p.posted_at IS NOT NULL)
    FROM fulfillment_order f WHERE f.superseded_at IS NULL
"""


def ending_of(site: Site) -> Ending:
    """Return the ending of every order: in the ledger, and by the writes that the warehouse and the store carried out.

    A write that only repeats what was written, such as a status after a lost response, is left out: faults decide it.
    So is an order that was never paid: it is in the ledger only if a window happened to read it.
    """
    unpaid = {str(order_id) for order_id in site.kinds.get("unpaid", [])}
    created = site.journal("warehouse").count_by_key("order.created")
    ending: dict[str, dict[str, Any]] = {
        f"fulfillment order {name}": {
            "reference": reference,
            "state": state,
            "generation": generation,
            "lines": lines,
            "packages posted": packages,
            "created at the warehouse": created.get(reference, 0),
        }
        for name, reference, state, generation, lines, packages in site.rows(_FULFILLMENT_ORDERS)
        if name.partition("/")[0] not in unpaid
    }
    for order_id, written in site.shop.store.state.effects.summary().items():
        ending[f"order {order_id}"] = {
            "status in the store": site.shop.store.order(int(order_id))["OrderStatusID"],
            "tracking written": {name: sorted(codes.values()) for name, codes in written["tracking"].items()},
        }
    return ending


def differences(ending: Ending, reference: Ending) -> Iterator[str]:
    """Yield where an ending on Celery differs from that of the same schedule on LocalExecutor."""
    for name in sorted(ending.keys() | reference.keys()):
        here, there = ending.get(name, {}), reference.get(name, {})
        for what in sorted(here.keys() | there.keys()):
            if here.get(what) != there.get(what):
                yield f"{name}: {what} is {here.get(what)!r}, with LocalExecutor {there.get(what)!r}"


class Endings:
    """Endings of schedules on LocalExecutor, kept in a folder for comparing with them later."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, schedule: AirflowSchedule) -> Ending | None:
        """Return the kept ending of the same seed and orders, if there is one."""
        file = self._file(schedule)
        found: Ending | None = json.loads(file.read_text()) if file.exists() else None
        return found

    def keep(self, schedule: AirflowSchedule, ending: Ending) -> None:
        """Keep an ending."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._file(schedule).write_text(json.dumps(ending, indent=1))

    def _file(self, schedule: AirflowSchedule) -> Path:
        return self._folder / f"{schedule.seed}-{schedule.orders + schedule.late_orders}.json"
