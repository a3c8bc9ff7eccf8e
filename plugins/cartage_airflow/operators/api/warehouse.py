"""Operators for a warehouse's API, through the connector."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException

from cartage.errors import ReferenceConflict, SettingsError
from cartage.plurals import counted
from cartage_airflow.operators.api.arguments import skip_unless_writing
from cartage_airflow.operators.api.files import Row, write_rows

if TYPE_CHECKING:
    from airflow.sdk import Context

    from cartage.model.orders import FulfillmentRequest
    from cartage.warehouses.contract import RemoteOrder, Warehouse
    from cartage_airflow.hooks.warehouse import WarehouseHook

STOCK_COLUMNS = ("sku", "on_hand", "available", "allocated", "on_hold", "ordered_not_allocated", "as_of")


class WarehouseOperator(BaseOperator):
    """Base of the operators for a warehouse's API.

    With a lane, the connector, the connection, the settings and the timeouts are the lane's.

    Every subclass raises `SettingsError` if the lane, the connection or an argument is wrong, `NotSupported` if the
    connector cannot do it, and `RemoteError` if the warehouse fails; use `default_args` for a retry policy that fits
    these errors.

    :param lane: Name of a lane in lanes.yaml.
    :param connector: Name of a connector, such as `extensiv`, if no lane is given.
    :param warehouse_conn_id: Id of its connection. Default: `<type>_default`, as for `WarehouseHook`.
    :param warehouse_settings: The connector's settings, as under `warehouse.settings` of a lane.
    """

    template_fields: Sequence[str] = ("lane", "connector", "warehouse_conn_id", "warehouse_settings")
    ui_color = "#e9e3ef"

    def __init__(
        self,
        *,
        lane: str | None = None,
        connector: str | None = None,
        warehouse_conn_id: str | None = None,
        warehouse_settings: Mapping[str, Any] | None = None,
        **kwargs: object,
    ) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.lane = lane
        self.connector = connector
        self.warehouse_conn_id = warehouse_conn_id
        self.warehouse_settings = warehouse_settings

    @property
    def hook(self) -> WarehouseHook:
        """A hook for the lane or the connection."""
        from cartage_airflow.hooks.warehouse import WarehouseHook

        return WarehouseHook(
            lane=self.lane,
            connector=self.connector,
            warehouse_conn_id=self.warehouse_conn_id,
            settings=self.warehouse_settings,
        )


class WarehouseSubmitOrderOperator(WarehouseOperator):
    """Send one order to the warehouse, for orders that do not come from the lane's store.

    The order is sent once: where the warehouse does not refuse a repeated reference itself, the task asks for the
    reference before it sends. A retry first waits until a request of the earlier try can no longer arrive, and sends
    only if the warehouse certainly does not have the order. Choose references that the lane's own orders never have.
    The task is skipped if the lane is off or in shadow. A warehouse that takes files gets orders from the lane's stages
    only, which keep their numbers and bytes: this operator then raises `NotSupported`.

    Templated fields: those of `WarehouseOperator`, and `request`.

    XCom: `{"reference": ..., "outcome": "created" | "already_exists" | "accepted", "remote_id": ...}`.

    Raises `SettingsError` if the request is not complete, `Refused` if the warehouse does not accept its content,
    `ReferenceConflict` if it has the reference with other content, `OutcomeUnknown` if the response was lost (a retry
    asks first), `AirflowFailException` if a retry cannot find out whether the order arrived.

    :param request: The order as a JSON object: `reference`, `display_number`, `ordered_at`, `ship_to` (`name`,
        `address1`, `city`, `state`, `zip_code`, `country`, ...), `ship_method` (`carrier`, `service`), and `lines`
        (`line_id`, `sku`, `quantity`), as `cartage.model.orders.FulfillmentRequest` has them.
    """

    template_fields: Sequence[str] = (*WarehouseOperator.template_fields, "request")

    def __init__(self, *, request: Mapping[str, Any] | str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.request = request

    def execute(self, context: Context) -> dict[str, str]:
        """Send the order and return the outcome."""
        skip_unless_writing(self.lane)
        request = _request_of(self.request)
        with self.hook.client() as warehouse:
            found = self._already_there(warehouse, request, is_retry=context["ti"].try_number > 1)
            if found:
                outcome, remote_id = "already_exists", found[0].remote_id
            else:
                result = warehouse.submit(request)
                outcome, remote_id = result.outcome.value, result.remote_id
        self.log.info("%s: %s (%s)", request.reference, outcome, remote_id)
        return {"reference": request.reference, "outcome": outcome, "remote_id": remote_id}

    def _already_there(
        self, warehouse: Warehouse, request: FulfillmentRequest, *, is_retry: bool
    ) -> list[RemoteOrder]:
        """Ask for the reference, unless the warehouse itself refuses a repeated one."""
        from cartage.warehouses.contract import DuplicatePolicy, Reconcile
        from cartage.warehouses.differences import content_differences

        abilities = warehouse.capabilities
        if abilities.duplicate_policy is DuplicatePolicy.REJECTS:
            return []
        if is_retry:
            delay = (abilities.longest_request + abilities.visibility_delay).total_seconds()
            self.log.info("waiting %.0f s until a request of an earlier try can no longer arrive", delay)
            time.sleep(delay)
        found = warehouse.find(request.reference)
        if found and (differences := content_differences(request, found)):
            raise ReferenceConflict(
                warehouse.title, f"find {request.reference}", f"has other content: {'; '.join(differences)}"
            )
        if not found and is_retry and abilities.reconcile is not Reconcile.STRONG:
            raise AirflowFailException(
                f"{warehouse.title} cannot say for certain that it does not have {request.reference}, which an earlier "
                "try may have sent. Check it at the warehouse; if it is not there, clear the task with a new reference."
            )
        return found


class WarehouseFindOrderOperator(WarehouseOperator):
    """Find every order under a reference and its split children, in any state.

    Templated fields: those of `WarehouseOperator`, and `reference`.

    XCom: a list of orders (`remote_id`, `reference`, `state`, `lines`, `packages`), without addresses; empty if the
    warehouse has none.

    :param reference: The reference under which the order was sent.
    """

    template_fields: Sequence[str] = (*WarehouseOperator.template_fields, "reference")

    def __init__(self, *, reference: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.reference = reference

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Find the orders and return them."""
        with self.hook.client() as warehouse:
            return [order_summary(order) for order in warehouse.find(self.reference)]


class WarehouseGetOrderOperator(WarehouseOperator):
    """Read one order of the warehouse.

    Templated fields: those of `WarehouseOperator`, and `remote_id`.

    XCom: the order (`remote_id`, `reference`, `state`, `lines`, `packages`), without its address.

    Raises `NotFound` if the warehouse has no such order.

    :param remote_id: The warehouse's own id of the order.
    """

    template_fields: Sequence[str] = (*WarehouseOperator.template_fields, "remote_id")

    def __init__(self, *, remote_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.remote_id = remote_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Read the order and return it."""
        with self.hook.client() as warehouse:
            return order_summary(warehouse.get(str(self.remote_id)))


class WarehouseCancelOrderOperator(WarehouseOperator):
    """Cancel an order that has not shipped. The task is skipped if the lane is off or in shadow.

    If the order is one of the lane's, cancel it in the store or at the desk instead, so that the ledger knows.

    Templated fields: those of `WarehouseOperator`, `remote_id` and `reason`.

    XCom: `{"remote_id": ..., "outcome": "cancelled" | "requested" | "too_late" | "not_found"}`.

    Raises `OutcomeUnknown` if the response was lost; a retry cancels again, which changes nothing twice.

    :param remote_id: The warehouse's own id of the order.
    :param reason: Text for the warehouse.
    """

    template_fields: Sequence[str] = (*WarehouseOperator.template_fields, "remote_id", "reason")

    def __init__(self, *, remote_id: str, reason: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.remote_id = remote_id
        self.reason = reason

    def execute(self, context: Context) -> dict[str, str]:
        """Cancel the order and return the outcome."""
        skip_unless_writing(self.lane)
        with self.hook.client() as warehouse:
            outcome = warehouse.cancel(str(self.remote_id), self.reason)
        self.log.info("order %s: %s", self.remote_id, outcome)
        return {"remote_id": str(self.remote_id), "outcome": outcome.value}


class WarehouseStockOperator(WarehouseOperator):
    """Write the warehouse's stock to a file, page by page.

    The file has the columns `sku`, `on_hand`, `available`, `allocated`, `on_hold`, `ordered_not_allocated` and `as_of`.

    Templated fields: those of `WarehouseOperator`, `output_path` and `skus`.

    XCom: `{"skus": <count>, "path": <output_path>}`.

    Raises `OSError` if the file cannot be written.

    :param output_path: Local path or URL of an object store. It ends in `.jsonl` or `.csv`.
    :param skus: Only these SKUs. Default: all.
    """

    template_fields: Sequence[str] = (*WarehouseOperator.template_fields, "output_path", "skus")

    def __init__(self, *, output_path: str, skus: Sequence[str] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.output_path = output_path
        self.skus = skus

    def execute(self, context: Context) -> dict[str, Any]:
        """Write the file and return the count."""
        with self.hook.client() as warehouse:
            count = write_rows(self.output_path, _stock_rows(warehouse, self.skus), STOCK_COLUMNS)
        self.log.info("stock of %s written to %s", counted(count, "SKU"), self.output_path)
        return {"skus": count, "path": self.output_path}


def order_summary(order: RemoteOrder) -> dict[str, Any]:
    """Return an order for XCom: small, and without personal data."""
    return {
        "remote_id": order.remote_id,
        "reference": order.reference,
        "state": order.state.value,
        "lines": [{"sku": sku, "quantity": str(quantity)} for sku, quantity in order.lines],
        "packages": [
            {"tracking": package.tracking, "carrier": package.carrier, "service": package.service}
            for package in order.packages
        ],
    }


def _request_of(given: Mapping[str, Any] | str) -> FulfillmentRequest:
    import json

    from pydantic import ValidationError

    from cartage.model.documents import request_from

    try:
        document = json.loads(given) if isinstance(given, str) else dict(given)
        return request_from({"display_number": document.get("reference"), "ordered_at": None, **document})
    except ValidationError as error:
        # Without the values: they hold a name and an address.
        mistakes = [f"  {'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
        raise SettingsError("the request of this task", mistakes) from None
    except (ValueError, AttributeError):
        raise SettingsError("the request of this task", ["  is not a JSON object."]) from None


def _stock_rows(warehouse: Warehouse, skus: Sequence[str] | None) -> Iterator[Row]:
    for page in warehouse.inventory(skus):
        for level in page.items:
            yield {name: getattr(level, name) for name in STOCK_COLUMNS}
