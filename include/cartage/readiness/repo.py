"""One query for the stages of each DAG family: is anything in the ledger ready for them?

Each condition covers everything that its stage would pick up; it may hold where the stage then finds nothing to do.
Each reads an index of open work, so that it costs the same whatever the ledger's history.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, TextClause, text

from cartage.inventory.repo.levels import last_reading
from cartage.lifecycle.evidence import PROVED
from cartage.model.exceptions import CONFLICTS, Choice
from cartage.model.statuses import PARTIAL, PROCESSING, SHIPPED
from cartage.postback.repo.corrections import CORRECTION_DUE
from cartage.postback.repo.packages import TRACKING_DUE
from cartage.postback.repo.statuses import PROCESSING_DUE, UNVERIFIED
from cartage.validation.repo.suggestions import FRESH_FOR
from cartage.validation.suggest_fixes import FIXABLE

# Not EXISTS: PostgreSQL expects a third of all orders to match, and would read the table instead of the partial index.
_ANY_UNVERIFIED = f"(SELECT id FROM sales_order WHERE {UNVERIFIED} ORDER BY id LIMIT 1) IS NOT NULL"  # noqa: S608

# Of a lane with several warehouses, each has a task of its own.
_THERE = "(CAST(:warehouses AS text[]) IS NULL OR warehouse = ANY(CAST(:warehouses AS text[])))"

_ORDERS = text(
    f"""
    SELECT
        -- Blocked orders are validated again in every run, ready ones when the rules have changed. Validation also
        -- closes the causes that block nothing any more.
        EXISTS (SELECT FROM fulfillment_order WHERE lane = :lane AND state IN ('imported', 'blocked', 'ready'))
        OR EXISTS (SELECT FROM hold WHERE lane = :lane AND released_at IS NULL AND until <= clock_timestamp())
        OR EXISTS (SELECT FROM cause WHERE lane = :lane AND closed_at IS NULL) AS validate_mappings,

        -- Causes that have changed since they were last listed, exceptions that no earlier run listed, suggestions.
        EXISTS (SELECT FROM cause WHERE lane = :lane AND closed_at IS NULL
                AND opened_at > :listed_at)
        OR EXISTS (SELECT FROM cause WHERE lane = :lane AND closed_at > :listed_at)
        OR EXISTS (SELECT FROM cause WHERE lane = :lane AND closed_at IS NULL AND kind = ANY(:fixable)
                   AND coalesce(suggested_at, '-infinity') < clock_timestamp() - CAST(:suggested_for AS interval))
        OR EXISTS (SELECT FROM exception WHERE lane = :lane AND closed_at IS NULL AND decision IS NULL
                   AND coalesce(listed_in, :dag_run) = :dag_run)
        OR :asks_people AND (
            EXISTS (SELECT FROM cause WHERE lane = :lane AND closed_at IS NULL)
            OR EXISTS (SELECT FROM paused_push WHERE lane = :lane AND closed_at IS NULL)
            OR EXISTS (SELECT FROM required_action WHERE lane = :lane AND settled_at IS NULL)) AS blocked_orders,

        EXISTS (SELECT FROM fulfillment_order WHERE lane = :lane AND state IN ('ready', 'sending', 'unknown')
                AND {_THERE})
        OR :writes AND EXISTS (
            SELECT FROM lane_state WHERE lane = :lane AND quarantine_ended_at IS NULL
              AND (surveyed_at IS NULL OR swept_at >= quarantined_at))
        OR EXISTS (SELECT FROM exception WHERE lane = :lane AND closed_at IS NULL AND decision IS NOT NULL)
        OR EXISTS (SELECT FROM exception x JOIN fulfillment_order f ON f.id = x.fulfillment_order_id
                   WHERE x.lane = :lane AND x.closed_at IS NULL AND x.kind = ANY(:conflicts) AND f.state <> 'conflict')
        OR EXISTS (SELECT {PROVED}) AS settle_outcomes,

        EXISTS (SELECT FROM fulfillment_order WHERE lane = :lane AND state = 'ready' AND {_THERE})
            AS transfer_to_warehouse,

        EXISTS (SELECT FROM sales_order s WHERE {PROCESSING_DUE})
        OR {_ANY_UNVERIFIED}
        OR EXISTS (SELECT FROM exception WHERE lane = :lane AND closed_at IS NULL AND decision = :restore)
        OR :corrects AND EXISTS (SELECT FROM fulfillment_order f WHERE {CORRECTION_DUE})
            AS mark_processing
    """  # noqa: S608 - constants of the engine
)

_SHIPMENTS = text(
    f"""
    SELECT EXISTS (SELECT FROM sales_order s WHERE {TRACKING_DUE})
        OR {_ANY_UNVERIFIED} AS update_order_status
    """  # noqa: S608 - constants of the engine
)


def orders_work(
    connection: Connection,
    lane: str,
    *,
    dag_run: str,
    listed_at: datetime,
    writes: bool,
    asks_people: bool,
    corrects: bool,
    warehouses: Sequence[str] | None = None,
) -> frozenset[str]:
    """Return the stages of the orders DAG that have work for the DAG run.

    `listed_at` is when what blocks orders was last listed. `writes`: whether the lane writes to store and warehouse,
    and so has a quarantine to end. `asks_people`: whether it asks for decisions in Airflow's Required Actions.
    `corrects`: whether it writes corrections to the store. `warehouses`: those whose orders are looked at; None: all.
    """
    values = {
        "lane": lane,
        "dag_run": dag_run,
        "listed_at": listed_at,
        "writes": writes,
        "asks_people": asks_people,
        "corrects": corrects,
        "warehouses": warehouses,
        "fixable": [kind.value for kind in FIXABLE],
        "suggested_for": FRESH_FOR,
        "conflicts": sorted(kind.value for kind in CONFLICTS),
        "restore": Choice.RESTORE.value,
        "statuses": [PROCESSING],
        "owner": "",
    }
    return _true(connection, _ORDERS, values)


def shipments_work(connection: Connection, lane: str, *, hold: timedelta | None) -> frozenset[str]:
    """Return the stages of the shipments DAG that have work; `hold` is how long a package is held back."""
    values = {
        "lane": lane,
        "hold": hold,
        "partial": PARTIAL,
        "statuses": [PARTIAL, SHIPPED],
        "owner": "",
    }
    return _true(connection, _SHIPMENTS, values)


def _true(connection: Connection, query: TextClause, values: Mapping[str, Any]) -> frozenset[str]:
    found = connection.execute(query, values).mappings().one()
    return frozenset(name for name, has_work in found.items() if has_work)


def has_stock(connection: Connection, lane: str, warehouse: str) -> bool:
    """Return whether the warehouse's stock was ever read."""
    return last_reading(connection, lane, warehouse) is not None
