"""A lane for state machines: its orders, its clock, and what the ledger says of them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from sqlalchemy import text

from cartage.db import Ledger
from cartage.lanes.settings.lane import Lane
from cartage.model.documents import request_document
from cartage.model.orders import Address, FulfillmentRequest, RequestLine, ShipMethod
from cartage.runtime.context import StageContext
from cartage.runtime.known_lanes import ensure_lane
from cartage.runtime.run import Run
from cartage.sending.repo import transfers
from cartage.sending.repo.transfers import TransferIntent
from tests.contract.world import NEW, lane_settings

FRESHNESS = timedelta(days=10_000)
# Beyond every lease, every request's life and every delay.
MUCH_LATER = 1000.0
PICK = st.integers(min_value=0, max_value=7)
_numbers = itertools.count(1)

T = TypeVar("T")


class LaneMachine(RuleBasedStateMachine):
    """One lane whose orders are ready, and a clock that only the machine moves."""

    def __init__(self, ledger: Ledger, store_id: int, skip: Callable[[float], None]) -> None:
        super().__init__()
        self.lane = Lane.model_validate({**lane_settings(), "name": f"lane{next(_numbers)}"})
        self.ledger, self.store_id, self.skip = ledger, store_id, skip
        run = Run(id=f"{self.lane.name}/run", dag_run="run", stage="transfer_to_warehouse")
        self.context = StageContext(self.lane, ledger, run)
        with ledger.begin() as connection:
            ensure_lane(connection, self.lane.name, store_id)
            # The lane's quarantine has ended: its ledger knows everything at the warehouse.
            connection.execute(_QUARANTINE_ENDED, {"lane": self.lane.name})
        self.orders: dict[str, int] = {}

    @precondition(lambda self: len(self.orders) < 6)
    @rule(number=st.integers(min_value=1, max_value=3))
    def place(self, number: int) -> None:
        for _ in range(number):
            order_id = next(_numbers)
            request = _request(f"MDL_{order_id}_0")
            self.orders[request.reference] = self._insert(order_id, request)

    @precondition(lambda self: self.orders)
    @rule(pick=PICK)
    def request_cancel(self, pick: int) -> None:
        self.execute(
            "UPDATE fulfillment_order SET cancel_wanted_at = clock_timestamp() WHERE id = :id",
            id=picked(list(self.orders.values()), pick),
        )

    @rule(seconds=st.sampled_from([5.0, 35.0, 70.0, 100.0, 160.0]))
    def wait(self, seconds: float) -> None:
        self.skip(seconds)

    def new_owner(self) -> str:
        """Return the name of another run."""
        return f"{self.lane.name}#{next(_numbers)}"

    def claim(self, connection: Any, owner: str, lease: timedelta, size: int) -> list[TransferIntent]:
        """Claim ready orders for a run, as the transfer does."""
        return transfers.intend_transfers(
            connection,
            self.lane.name,
            self.context.by,
            owner=owner,
            lease=lease,
            freshness=FRESHNESS,
            import_status=NEW,
            size=size,
        )

    def states(self) -> dict[str, str]:
        """Return the state of each order by its reference."""
        return dict(self.rows("SELECT reference, state FROM fulfillment_order WHERE lane = :lane"))

    def unwanted(self) -> set[str]:
        """Return the orders that are to be cancelled."""
        query = "SELECT reference FROM fulfillment_order WHERE lane = :lane AND cancel_wanted_at IS NOT NULL"
        return {name for (name,) in self.rows(query)}

    def rows(self, query: str) -> Sequence[Any]:
        """Query the ledger about this lane."""
        with self.ledger.begin() as connection:
            return connection.execute(text(query), {"lane": self.lane.name}).all()

    def execute(self, statement: str, **values: Any) -> None:
        """Change the ledger directly."""
        with self.ledger.begin() as connection:
            connection.execute(text(statement), values)

    def _insert(self, order_id: int, request: FulfillmentRequest) -> int:
        with self.ledger.begin() as connection:
            row_id: int = connection.execute(
                _ORDER,
                {
                    "store_id": self.store_id,
                    "order_id": order_id,
                    "lane": self.lane.name,
                    "status": NEW,
                    "reference": request.reference,
                    "request": json.dumps(request_document(request)),
                },
            ).scalar_one()
        return row_id


_QUARANTINE_ENDED = text(
    "UPDATE lane_state SET quarantined_at = '2000-01-01', surveyed_at = '2000-01-01', "
    "quarantine_ended_at = '2000-01-01' WHERE lane = :lane"
)
_ORDER = text(
    """
    WITH sale AS (
        INSERT INTO sales_order
            (store_id, order_id, lane, invoice, status_id, ordered_at, read_at, content_hash, amount, document)
        VALUES (:store_id, :order_id, :lane, '', :status, clock_timestamp(), clock_timestamp(), 'h', 1, '{}')
        RETURNING id
    )
    INSERT INTO fulfillment_order
        (sales_order_id, store_id, order_id, shipment_id, lane, reference, state, ship_method, ship_to, request)
    SELECT id, :store_id, :order_id, 0, :lane, :reference, 'ready', 'Ground', '{}', CAST(:request AS jsonb) FROM sale
    RETURNING id
    """
)


def _request(reference: str) -> FulfillmentRequest:
    return FulfillmentRequest(
        reference=reference,
        display_number=reference,
        ordered_at=datetime(2026, 3, 1, tzinfo=UTC),
        ship_to=Address(name="Ann", zip_code="10001", country="US"),
        ship_method=ShipMethod("UPS"),
        lines=(RequestLine(1, "A", Decimal(1)),),
    )


def picked(candidates: Sequence[T], pick: int) -> T:
    """Return one of the candidates."""
    return candidates[pick % len(candidates)]
