"""Operators that write to the 3dcart (Shift4Shop) API, within the store's shared call budget."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowFailException

from cartage.errors import OutcomeUnknown
from cartage_airflow.operators.api.arguments import (
    instant,
    order_ids,
    single_order_id,
    skip_unless_writing,
    status_id,
)
from cartage_airflow.operators.api.files import read_column
from cartage_airflow.operators.api.store_reads import ThreeDCartOperator, orders_of

if TYPE_CHECKING:
    from airflow.sdk import Context

    from cartage.storefront import StoreClient, WriteResult

# Orders in one write: 3dcart's own limit.
_CHUNK = 100
# Orders that an error names.
_SHOWN = 10


class ThreeDCartSetOrderStatusOperator(ThreeDCartOperator):
    """Set the status of one order or of many, 100 in a call. Setting it again changes nothing.

    Cartage's stages see the status as one that a person set: it stands. The task is skipped if the lane is off or in
    shadow.

    Templated fields: `lane`, `threedcart_conn_id`, `time_zone`, `order_ids`, `orders_path`, `status`, `expected`.

    XCom: the counts `orders`, `written` and `left` (not in the expected status).

    Raises `AirflowFailException` if the store refused an order (others are written), `OutcomeUnknown` if the response
    about an order was lost (a retry sets it again), `RemoteError` if the store fails.

    :param status: The new status: id or label.
    :param order_ids: One OrderID, a list, or a text with commas.
    :param orders_path: In place of `order_ids`, a file that `ThreeDCartListOrdersOperator` wrote.
    :param expected: Change only orders that are in this status now (id or label), so that what a person has set in the
        meantime stays. Costs a call for each 300 orders in that status.
    """

    template_fields: Sequence[str] = (
        *ThreeDCartOperator.template_fields,
        "order_ids",
        "orders_path",
        "status",
        "expected",
    )

    def __init__(
        self,
        *,
        status: int | str,
        order_ids: int | str | Sequence[int] | None = None,
        orders_path: str | None = None,
        expected: int | str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if (order_ids is None) is (orders_path is None):
            raise ValueError("give either order_ids or orders_path")
        self.status = status
        self.order_ids = order_ids
        self.orders_path = orders_path
        self.expected = expected

    def execute(self, context: Context) -> dict[str, int]:
        """Set the statuses and return the counts."""
        skip_unless_writing(self.lane)
        given = read_column(self.orders_path, "OrderID") if self.orders_path else self.order_ids
        ids = order_ids(given)
        hook = self.hook
        with hook.client() as store:
            status = status_id(store, self.status)
            chosen = self._in_expected_status(store, ids)
            results: dict[int, WriteResult] = {}
            for start in range(0, len(chosen), _CHUNK):
                results |= store.update_statuses(dict.fromkeys(chosen[start : start + _CHUNK], status))
        written = sum(result.ok for result in results.values())
        counts = {"orders": len(ids), "written": written, "left": len(ids) - len(chosen)}
        self.log.info("status %d: %s", status, counts)
        _raise_if_not_written(hook.get_settings().remote, f"set status {status}", results.values())
        return counts

    def _in_expected_status(self, store: StoreClient, ids: Sequence[int]) -> Sequence[int]:
        from cartage.storefront import OrderQuery

        if self.expected is None or not ids:
            return ids
        query = OrderQuery(self.hook.zone, status=status_id(store, self.expected))
        found = {order.get("OrderID") for order in orders_of(store, query)}
        return [order_id for order_id in ids if order_id in found]


class ThreeDCartPostTrackingOperator(ThreeDCartOperator):
    """Post tracking to one shipment of an order, and read it back.

    The lane's own stages post the tracking of orders that Cartage sent; use this for others. On an order that Cartage
    sent, another ship method (`carrier_method`) is an edit in the store, as if a person had made it. The task is
    skipped if the lane is off or in shadow.

    Templated fields: `lane`, `threedcart_conn_id`, `time_zone`, `order_id`, `shipment_id`, `tracking_number`,
    `carrier_method`, `shipped_at`, `status`.

    XCom: `{"order_id": ..., "shipment_id": ..., "tracking_number": ...}`.

    Raises `AirflowFailException` if the store refuses the write, `OutcomeUnknown` if the response was lost or the store
    does not show the tracking (a retry writes it again), `RemoteError` if the store fails.

    :param order_id: OrderID.
    :param tracking_number: Text for the tracking field.
    :param shipment_id: ShipmentID; 0 is the shipment of an order with one.
    :param carrier_method: Text for the ship method, such as `UPS Ground`. Default: unchanged.
    :param shipped_at: When it shipped, an instant with a time zone. Default: unchanged.
    :param status: Status for the shipment (id or label). Default: unchanged.
    """

    template_fields: Sequence[str] = (
        *ThreeDCartOperator.template_fields,
        "order_id",
        "shipment_id",
        "tracking_number",
        "carrier_method",
        "shipped_at",
        "status",
    )

    def __init__(
        self,
        *,
        order_id: int | str,
        tracking_number: str,
        shipment_id: int | str = 0,
        carrier_method: str | None = None,
        shipped_at: str | None = None,
        status: int | str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.order_id = order_id
        self.tracking_number = tracking_number
        self.shipment_id = shipment_id
        self.carrier_method = carrier_method
        self.shipped_at = shipped_at
        self.status = status

    def execute(self, context: Context) -> dict[str, Any]:
        """Write the tracking, read it back, and return what was written."""
        from cartage.storefront import ShipmentWrite

        skip_unless_writing(self.lane)
        order_id, shipment_id = single_order_id(self.order_id), int(self.shipment_id)
        hook = self.hook
        remote, operation = hook.get_settings().remote, f"PUT /Orders/{order_id}/Shipments/{shipment_id}"
        with hook.client() as store:
            written = ShipmentWrite(
                shipment_id,
                tracking=self.tracking_number,
                carrier_method=self.carrier_method,
                shipped_at=instant("shipped_at", self.shipped_at),
                status_id=None if self.status is None else status_id(store, self.status),
            )
            result = store.update_shipment(order_id, written)
            _raise_if_not_written(remote, operation, [result])
            if _tracking_shown(store, order_id, shipment_id) != self.tracking_number.strip():
                raise OutcomeUnknown(remote, operation, "the store does not show this tracking number")
        return {
            "order_id": order_id,
            "shipment_id": shipment_id,
            "tracking_number": self.tracking_number,
        }


def _tracking_shown(store: StoreClient, order_id: int, shipment_id: int) -> str:
    order = store.get_order(order_id)
    shipments = order.get("ShipmentList") if isinstance(order, Mapping) else None
    for shipment in shipments if isinstance(shipments, list) else ():
        if shipment.get("ShipmentID") == shipment_id:
            return str(shipment.get("ShipmentTrackingCode") or "").strip()
    return ""


def _raise_if_not_written(remote: str, operation: str, results: Iterable[WriteResult]) -> None:
    """Fail the task for the orders that were not written.

    Raises:
        AirflowFailException: If the store refused an order: a retry would change nothing.
        OutcomeUnknown: If the response about an order was lost.
    """
    failed = [result for result in results if not result.ok]
    if not failed:
        return
    named = ", ".join(f"{result.order_id} ({result.message or result.outcome})" for result in failed[:_SHOWN])
    more = f" and {len(failed) - _SHOWN} more" if len(failed) > _SHOWN else ""
    if any(result.outcome == "unknown" for result in failed):
        raise OutcomeUnknown(remote, operation, f"not certainly written: {named}{more}")
    raise AirflowFailException(f"{remote}: {operation}: refused: {named}{more}")
