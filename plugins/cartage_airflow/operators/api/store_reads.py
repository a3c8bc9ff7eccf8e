"""Operators that read the 3dcart (Shift4Shop) API, within the store's shared call budget."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from cartage.errors import NotFound
from cartage.plurals import counted
from cartage_airflow.operators.api.arguments import instant, single_order_id, status_id
from cartage_airflow.operators.api.files import Row, write_rows

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from airflow.sdk import Context

    from cartage.storefront import OrderQuery, StoreClient
    from cartage.storefront.catalogue import OptionSku, SkuInfo
    from cartage_airflow.hooks.threedcart import ThreeDCartHook

# Columns of an order that hold no personal data.
ORDER_COLUMNS = (
    "OrderID",
    "InvoiceNumberPrefix",
    "InvoiceNumber",
    "OrderStatusID",
    "OrderDate",
    "LastUpdate",
    "OrderAmount",
)
PRODUCT_COLUMNS = ("catalog_id", "sku", "name", "stock")


class ThreeDCartOperator(BaseOperator):
    """Base of the operators for the 3dcart API.

    With a lane, the connection, the time zone, the limits and the timeouts are the lane's. All calls come from the
    store's call budget, which lanes, hooks and other operators on the same store share through the ledger.

    Every subclass raises `SettingsError` if the lane, the connection or an argument is wrong, and `RemoteError` if the
    store fails; use `default_args` for a retry policy that fits these errors.

    :param lane: Name of a lane in lanes.yaml.
    :param threedcart_conn_id: Id of a connection of type `threedcart`, if no lane is given.
    :param time_zone: Time zone of the store (IANA name), if no lane uses the connection.
    :param background: Take only the share of the store's calls that the lane leaves to backfills.
    """

    template_fields: Sequence[str] = ("lane", "threedcart_conn_id", "time_zone")
    ui_color = "#e3efe3"

    def __init__(
        self,
        *,
        lane: str | None = None,
        threedcart_conn_id: str | None = None,
        time_zone: str | None = None,
        background: bool = False,
        **kwargs: object,
    ) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.lane = lane
        self.threedcart_conn_id = threedcart_conn_id
        self.time_zone = time_zone
        self.background = background

    @property
    def hook(self) -> ThreeDCartHook:
        """A hook for the lane or the connection."""
        from cartage_airflow.hooks.threedcart import ThreeDCartHook

        return ThreeDCartHook(
            self.threedcart_conn_id, lane=self.lane, time_zone=self.time_zone, background=self.background
        )


class ThreeDCartListOrdersOperator(ThreeDCartOperator):
    """List the store's orders into a file, or only count them.

    The file has one order per line (`.jsonl`) or per row (`.csv`), ordered by OrderID, without card data. It is written
    page by page, so any number of orders fits. A `.jsonl` file holds whole orders with addresses unless `fields` says
    otherwise: keep such files as you keep personal data.

    Templated fields: `lane`, `threedcart_conn_id`, `time_zone`, `output_path`, `status`, `ordered_from`, `ordered_to`,
    `updated_from`, `updated_to`.

    XCom: `{"orders": <count>, "path": <output_path>}`; the path is left out with `count_only`.

    Raises `SettingsError` for a wrong argument, `RemoteError` if the store cannot be read, `OSError` if the file cannot
    be written.

    :param output_path: Local path, or URL such as `s3://conn@bucket/orders.jsonl`. It ends in `.jsonl` or `.csv`.
    :param count_only: Count instead of writing a file. Costs one call. 3dcart compares LastUpdate by day only, so a
        count over `updated_from` or `updated_to` includes orders up to two days outside.
    :param status: Only orders in this status: id or label.
    :param ordered_from: First OrderDate, an instant with a time zone.
    :param ordered_to: First OrderDate that is left out.
    :param updated_from: First LastUpdate, an instant with a time zone.
    :param updated_to: First LastUpdate that is left out.
    :param fields: Fields of an order to write. Default: all for `.jsonl`, and those without personal data for `.csv`.
    """

    template_fields: Sequence[str] = (
        *ThreeDCartOperator.template_fields,
        "output_path",
        "status",
        "ordered_from",
        "ordered_to",
        "updated_from",
        "updated_to",
    )

    def __init__(
        self,
        *,
        output_path: str | None = None,
        count_only: bool = False,
        status: int | str | None = None,
        ordered_from: str | None = None,
        ordered_to: str | None = None,
        updated_from: str | None = None,
        updated_to: str | None = None,
        fields: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if (output_path is None) is not count_only:
            raise ValueError("give either output_path or count_only")
        self.output_path = output_path
        self.count_only = count_only
        self.status = status
        self.ordered_from = ordered_from
        self.ordered_to = ordered_to
        self.updated_from = updated_from
        self.updated_to = updated_to
        self.fields = fields

    def execute(self, context: Context) -> dict[str, Any]:
        """Write the file or count, and return the count."""
        from cartage.storefront import OrderQuery

        hook = self.hook
        with hook.client() as store:
            query = OrderQuery(
                hook.zone,
                status=None if self.status is None else status_id(store, self.status),
                ordered_from=instant("ordered_from", self.ordered_from),
                ordered_to=instant("ordered_to", self.ordered_to),
                updated_from=instant("updated_from", self.updated_from),
                updated_to=instant("updated_to", self.updated_to),
            )
            if self.count_only:
                count = store.count_orders(query)
                self.log.info("the store has %s", counted(count, "such order"))
                return {"orders": count}
            path = str(self.output_path)
            rows = (self._selected(order) for order in orders_of(store, query) if _matches(order, query))
            count = write_rows(path, rows, self.fields or ORDER_COLUMNS)
        self.log.info("%s written to %s", counted(count, "order"), path)
        return {"orders": count, "path": path}

    def _selected(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        return {name: order.get(name) for name in self.fields} if self.fields else order


class ThreeDCartGetOrderOperator(ThreeDCartOperator):
    """Read one order of the store.

    Templated fields: `lane`, `threedcart_conn_id`, `time_zone`, `order_id`.

    XCom: the order's fields, by default those without personal data. Card data is never read.

    Raises `NotFound` if the store has no such order, `RemoteError` if it cannot be read.

    :param order_id: OrderID.
    :param fields: Fields to return, or None for all: an order with its addresses and comments may have 60 kB, and XCom
        is stored in Airflow's database.
    """

    template_fields: Sequence[str] = (*ThreeDCartOperator.template_fields, "order_id")

    def __init__(
        self, *, order_id: int | str, fields: Sequence[str] | None = ORDER_COLUMNS, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.order_id = order_id
        self.fields = fields

    def execute(self, context: Context) -> dict[str, Any]:
        """Read the order and return its fields."""
        order_id = single_order_id(self.order_id)
        hook = self.hook
        with hook.client() as store:
            order = store.get_order(order_id)
            if not isinstance(order, Mapping):
                raise NotFound(
                    hook.get_settings().remote, f"GET /Orders/{order_id}", "the store has no such order"
                )
        return {name: value for name, value in order.items() if self.fields is None or name in self.fields}


class ThreeDCartListProductsOperator(ThreeDCartOperator):
    """List the store's products into a file, or only count them.

    The file has the columns `catalog_id`, `sku`, `name` and `stock`, one row per product, and with `options` one row
    more per option that has a SKU of its own. It is written page by page.

    Templated fields: `lane`, `threedcart_conn_id`, `time_zone`, `output_path`.

    XCom: `{"products": <count of rows>, "path": <output_path>}`; the path is left out with `count_only`.

    Raises `SettingsError` for a wrong path, `RemoteError` if the store cannot be read, `OSError` if the file cannot be
    written.

    :param output_path: Local path or URL of an object store. It ends in `.jsonl` or `.csv`.
    :param count_only: Count products instead of writing a file. Costs one call.
    :param options: Also list options with a SKU of their own. The store then sends about 13 kB per product.
    """

    template_fields: Sequence[str] = (*ThreeDCartOperator.template_fields, "output_path")

    def __init__(
        self,
        *,
        output_path: str | None = None,
        count_only: bool = False,
        options: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if (output_path is None) is not count_only:
            raise ValueError("give either output_path or count_only")
        self.output_path = output_path
        self.count_only = count_only
        self.options = options

    def execute(self, context: Context) -> dict[str, Any]:
        """Write the file or count, and return the count."""
        with self.hook.client() as store:
            if self.count_only:
                return {"products": store.count_products()}
            path = str(self.output_path)
            rows = _product_rows(store) if self.options else _sku_rows(store)
            count = write_rows(path, rows, PRODUCT_COLUMNS)
        self.log.info("%s written to %s", counted(count, "product"), path)
        return {"products": count, "path": path}


def orders_of(store: StoreClient, query: OrderQuery) -> Iterator[Mapping[str, Any]]:
    """Yield the orders of a list; entries that are not objects are left out."""
    for page in store.list_orders(query):
        yield from (entry for entry in page.entries if isinstance(entry, Mapping))


def _matches(order: Mapping[str, Any], query: OrderQuery) -> bool:
    """Return whether an order's times are in the query's spans: 3dcart's own filters let more through."""
    return _within(order.get("OrderDate"), query.ordered_from, query.ordered_to, query.zone) and _within(
        order.get("LastUpdate"), query.updated_from, query.updated_to, query.zone
    )


def _within(text: object, start: datetime | None, end: datetime | None, zone: ZoneInfo) -> bool:
    """Compare a time of the store; one that cannot be read is kept, because 3dcart listed its order."""
    from cartage.storefront.wire.times import both_instants, parse_store_time

    if start is None and end is None:
        return True
    try:
        found = parse_store_time(str(text or ""), zone)
    except ValueError:
        found = None
    if found is None:
        return True
    return any(
        (start is None or start <= moment) and (end is None or moment < end)
        for moment in both_instants(found, zone)
    )


def _sku_rows(store: StoreClient) -> Iterator[Row]:
    for page in store.sku_info():
        for info in page:
            yield {"catalog_id": info.catalog_id, "sku": info.sku, "name": info.name, "stock": info.stock}


def _product_rows(store: StoreClient) -> Iterator[Row]:
    for page in store.products():
        for product in page:
            sellable: tuple[SkuInfo | OptionSku, ...] = (product.info, *product.options)
            for item in sellable:
                yield {
                    "catalog_id": product.info.catalog_id,
                    "sku": item.sku,
                    "name": item.name,
                    "stock": item.stock,
                }
