"""The trigger of `OrderStatusSensor`, and the check that sensor and trigger share."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from cartage.errors import (
    CartageError,
    LedgerError,
    MalformedResponse,
    NotSent,
    RateLimited,
    RemoteUnavailable,
)

log = logging.getLogger(__name__)

REACHED, FAILED = "reached", "failed"
# Failures that may pass: the next check tries again.
_PASSING = (NotSent, RateLimited, RemoteUnavailable, MalformedResponse, LedgerError)
# How long a check may wait for the store's call budget, so that a waiting check does not hold a thread. Seconds.
_LONGEST_WAIT = 30.0


@dataclass(frozen=True, slots=True)
class OrderStatusCheck:
    """What a sensor waits for: a status in the store, or a state at the warehouse. All values are JSON."""

    lane: str | None = None
    order_id: int | None = None
    status: int | str | None = None
    threedcart_conn_id: str | None = None
    time_zone: str | None = None
    reference: str | None = None
    state: str | None = None
    connector: str | None = None
    warehouse_conn_id: str | None = None
    warehouse_settings: Mapping[str, Any] | None = None

    def is_reached(self) -> bool:
        """Ask the store or the warehouse.

        Raises:
            SettingsError: If the lane, the connection or the status is wrong.
            RemoteError: If the store or the warehouse cannot be read.
        """
        return self._in_store() if self.order_id is not None else self._at_warehouse()

    def _in_store(self) -> bool:
        from cartage_airflow.hooks.threedcart import ThreeDCartHook
        from cartage_airflow.operators.api.arguments import status_id

        hook = ThreeDCartHook(
            self.threedcart_conn_id,
            lane=self.lane,
            # An order's status has no time, so any zone will do.
            time_zone=self.time_zone or "UTC",
            background=True,
            longest_wait=_LONGEST_WAIT,
        )
        with hook.client() as store:
            order = store.get_order(int(self.order_id or 0))
            if not isinstance(order, Mapping):
                return False
            return bool(order.get("OrderStatusID") == status_id(store, str(self.status)))

    def _at_warehouse(self) -> bool:
        from cartage.warehouses.contract import RemoteState
        from cartage_airflow.hooks.warehouse import WarehouseHook

        hook = WarehouseHook(
            lane=self.lane,
            connector=self.connector,
            warehouse_conn_id=self.warehouse_conn_id,
            settings=self.warehouse_settings,
        )
        with hook.client() as warehouse:
            found = [order.state for order in warehouse.find(str(self.reference))]
        # A split may cancel the order that it was made from, so cancelled orders count only if all are cancelled.
        live = [state for state in found if state is not RemoteState.CANCELLED] or found
        return bool(live) and all(state.value == self.state for state in live)


class OrderStatusTrigger(BaseTrigger):
    """Check an order at intervals until it reached the status or state.

    Each check runs in a thread, so the triggerer's event loop serves other triggers meanwhile. A failure that may pass
    is logged and checked again; any other ends the trigger, and the sensor's task meets it itself.

    :param check: The fields of an `OrderStatusCheck`.
    :param poke_interval: Seconds between two checks.
    """

    def __init__(self, check: Mapping[str, Any], poke_interval: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.check = OrderStatusCheck(**check)
        self.poke_interval = poke_interval

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class path and the arguments, from which the triggerer builds the trigger."""
        path = f"{type(self).__module__}.{type(self).__qualname__}"
        return path, {"check": asdict(self.check), "poke_interval": self.poke_interval}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield one event: the status is reached, or a check failed."""
        from sqlalchemy.exc import SQLAlchemyError

        while True:
            try:
                if await asyncio.to_thread(self.check.is_reached):
                    yield TriggerEvent({"result": REACHED})  # type: ignore[no-untyped-call]
                    return
            except (CartageError, SQLAlchemyError) as failure:
                if not isinstance(failure, (*_PASSING, SQLAlchemyError)):
                    yield TriggerEvent(  # type: ignore[no-untyped-call]
                        {"result": FAILED, "message": str(failure)}
                    )
                    return
                # A database error may hold an address; its type says enough.
                reason = failure if isinstance(failure, CartageError) else type(failure).__name__
                log.warning("checking again in %.0f s: %s", self.poke_interval, reason)
            await asyncio.sleep(self.poke_interval)
