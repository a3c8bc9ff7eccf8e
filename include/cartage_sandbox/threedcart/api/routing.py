"""Which handler serves which path and verb. Letter case does not count in paths, as in ASP.NET (section 12).

Both versions lead to the same data: no difference between them is known (section 1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from cartage_sandbox.threedcart.api.orders import OrderRoutes
from cartage_sandbox.threedcart.api.products import ProductRoutes
from cartage_sandbox.threedcart.api.shop import ShopRoutes
from cartage_sandbox.threedcart.wire.messages import Call, Reply

Handler = Callable[[Call], Reply]
_ROOT = "3dcartwebapi"
_VERSIONS = frozenset(("v1", "v2"))


@dataclass(frozen=True, slots=True)
class Match:
    """A handler, the service for its scope, and the arguments from the path."""

    service: str
    handler: Handler
    arguments: Mapping[str, str]


class Missing(Enum):
    """Why no handler was found."""

    PATH = "path"
    VERB = "verb"


class Routing:
    """The table of routes."""

    def __init__(self, orders: OrderRoutes, products: ProductRoutes, shop: ShopRoutes) -> None:
        one_order, one_product = "orders/{order_id}", "products/{catalog_id}"
        self._routes: list[tuple[Sequence[str], Mapping[str, Handler]]] = [
            (pattern.split("/"), handlers)
            for pattern, handlers in (
                ("orders", {"GET": orders.list_orders, "PUT": orders.update_orders}),
                (one_order, {"GET": orders.get_order, "PUT": orders.update_order}),
                (
                    f"{one_order}/{{part=shipments}}",
                    {"GET": orders.list_parts, "PUT": orders.update_shipments, "POST": orders.add_shipment},
                ),
                (f"{one_order}/shipments/{{number}}", {"PUT": orders.update_shipment}),
                (f"{one_order}/{{part=items}}", {"GET": orders.list_parts, "PUT": orders.update_items}),
                (f"{one_order}/items/{{number}}", {"PUT": orders.update_item}),
                (f"{one_order}/{{part=questions}}", {"GET": orders.list_parts}),
                (f"{one_order}/{{part=transactions}}", {"GET": orders.list_parts}),
                ("orderstatus", {"GET": shop.list_statuses}),
                ("orderstatus/{status_id}", {"GET": shop.get_status}),
                ("products", {"GET": products.list_products, "PUT": products.update_products}),
                ("products/skuinfo", {"GET": products.list_skus}),
                (one_product, {"GET": products.get_product, "PUT": products.update_product}),
                (f"{one_product}/skuinfo", {"GET": products.get_sku}),
                (
                    f"{one_product}/advancedoptions",
                    {"GET": products.list_options, "PUT": products.update_options},
                ),
                (f"{one_product}/advancedoptions/{{code}}", {"PUT": products.update_option}),
                ("storesettings", {"GET": shop.settings}),
            )
        ]

    def find(self, method: str, path: str) -> Match | Missing:
        """Return what serves a request, with or without a trailing slash."""
        root, _, rest = path.strip("/").partition("/")
        version, _, service = rest.partition("/")
        if root.lower() != _ROOT or version.lower() not in _VERSIONS:
            return Missing.PATH
        parts = service.split("/")
        for pattern, handlers in self._routes:
            arguments = _arguments(pattern, parts)
            if arguments is not None:
                handler = handlers.get(method)
                return Match(parts[0].lower(), handler, arguments) if handler else Missing.VERB
        return Missing.PATH


def _arguments(pattern: Sequence[str], parts: Sequence[str]) -> dict[str, str] | None:
    if len(pattern) != len(parts):
        return None
    arguments = {}
    for wanted, part in zip(pattern, parts, strict=True):
        name, _, literal = wanted.strip("{}").partition("=")
        if wanted.startswith("{"):
            arguments[name] = part
            if literal and literal != part.lower():
                return None
        elif wanted != part.lower():
            return None
    return arguments
