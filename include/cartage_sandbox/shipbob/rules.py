"""The rules of the ShipBob emulator: what can be switched, and how reliable each default is.

Sources name sections of connectors.md. Where nothing is known, the default is the stricter variant.
"""

from __future__ import annotations

from cartage_sandbox.kernel.rules import Evidence, Rule

_CREATE = "connectors.md section 2.2"
_READ = "connectors.md section 2.3"
_LIMITS = "connectors.md section 2.4"
_OPEN = "connectors.md section 11"


def _assumed(
    name: str, value: bool | float | str, about: str, *choices: bool | float | str, source: str = _OPEN
) -> Rule:
    return Rule(name, value, Evidence.ASSUMED, source, choices, about)


def _documented(
    name: str, value: bool | float | str, about: str, *choices: bool | float | str, source: str = _CREATE
) -> Rule:
    return Rule(name, value, Evidence.DOCUMENTED, source, choices, about)


_ACCESS = (
    _assumed("access_token_seconds", 3600, "Life of an access token of an application, in sandbox seconds."),
    _assumed("refresh_token_days", 30, "Life of a refresh token (a peer must sign in again after 30 days)."),
    _assumed(
        "refresh_token_replaced",
        True,
        "Using a refresh token returns a new one, and the old one is worth nothing.",
    ),
    _documented("throttle", True, "Calls are limited for each token.", source=_LIMITS),
    _documented("throttle_calls", 150, "Calls of a token in any 60 sandbox seconds.", source=_LIMITS),
    _assumed(
        "limit_header",
        "x-remaining-calls",
        "The header with the number of calls that are left; the FAQ names another one.",
        "x-remaining-calls",
        "X-RateLimit-Remaining",
        "none",
        source=_LIMITS,
    ),
    _assumed("latency_seconds", 0.0, "Real seconds that every API request waits before it is handled."),
)

_REFERENCES = (
    _documented("duplicate_refused", True, "A repeated reference_id is refused: 422."),
    _assumed(
        "duplicate_scope",
        "account",
        "Where a reference_id is unique: the guide says account, the concepts say channel.",
        "account",
        "channel",
    ),
    _assumed(
        "duplicate_body",
        "existing",
        "What such a 422 says: that the ReferenceId exists, that it is a duplicate, nothing, or something else.",
        "existing",
        "duplicate",
        "empty",
        "other",
        source=_CREATE,
    ),
    _assumed("duplicate_counts_cancelled", True, "A cancelled order still occupies its reference_id."),
    _assumed("reference_case_sensitive", False, "Whether letter case counts in reference_id."),
)

_ORDERS = (
    _documented(
        "unknown_product_created", True, "A product reference that is not known creates a product (FAQ)."
    ),
    _assumed(
        "product_reference",
        "sku",
        "What a product reference is looked up by: the SKU, or the seller SKU in the order's channel.",
        "sku",
        "seller_sku",
    ),
    _documented(
        "unknown_method_created",
        True,
        "A shipping method that is not known is created, and ships as Standard.",
    ),
    _assumed("refusal_status", "422", "Status of an order with a faulty field.", "422", "400"),
    _assumed(
        "refusal_shape",
        "fields",
        "Body of a refusal: texts by field, or problem details with them.",
        "fields",
        "problem",
        source=_CREATE,
    ),
)

_LISTS = (
    _assumed("list_visibility_seconds", 0.0, "Sandbox seconds until GET /order finds a new order."),
    _documented("max_page_orders", 250, "Largest Limit of GET /order.", source=_READ),
    _assumed(
        "order_sort",
        "created",
        "What SortOrder sorts orders by.",
        "created",
        "updated",
        source=_READ,
    ),
    _assumed("next_page_header", True, "Lists with page numbers have the header next-page.", source=_LIMITS),
    _assumed(
        "next_link",
        "path",
        "What `next` of the newer lists holds: a path with a query (as the example for channels), a URL, or a cursor.",
        "path",
        "url",
        "cursor",
        source=_LIMITS,
    ),
    _assumed(
        "sku_filter",
        "exact",
        "What the filter SKU of products matches: the whole SKU, or a part of it.",
        "exact",
        "part",
    ),
    _assumed(
        "method_pages_from", 0, "The number of the first page of shipping methods.", 0, 1, source=_LIMITS
    ),
    _assumed("longest_query", 2048, "Longest query string, in characters as sent (ASP.NET's default)."),
)

_SHIPPING = (
    _assumed(
        "shipped_status",
        "Completed",
        "What a shipped shipment is at first: Completed, or LabeledCreated until it is handed over.",
        "Completed",
        "LabeledCreated",
        source=_READ,
    ),
    _assumed(
        "shipment_products",
        "as_ordered",
        "Which products a shipment names for a bundle: the bundle with its components, or the components alone.",
        "as_ordered",
        "components",
    ),
    _assumed(
        "tracking_before_label",
        "object",
        "What `tracking` of a shipment without a label is: an object of nulls (as described), or null.",
        "object",
        "null",
        source=_READ,
    ),
    _assumed(
        "upload_counts_as_change",
        False,
        "Marking a shipment as synced is a change of its order.",
        source=_READ,
    ),
    _assumed(
        "cancel_refused",
        "shipped",
        "Which shipments refuse a cancel (not after picking).",
        "shipped",
        "always",
        source=_READ,
    ),
    _assumed(
        "cancel_refusal",
        "422",
        "The response if nothing of an order can be cancelled: 422, or 200 with Failure.",
        "422",
        "failure",
        source=_READ,
    ),
    _assumed(
        "stock_exception_named",
        True,
        "An exception for low stock names the inventory item; otherwise it has no details.",
        source=_READ,
    ),
    _assumed(
        "auto_ship_seconds", 0.0, "Orders ship this many sandbox seconds after receipt; 0 = only by hand."
    ),
)

_STOCK = (
    _assumed(
        "fulfillable_includes_committed",
        False,
        "Whether fulfillable quantities include what is committed to orders.",
    ),
)

SHIPBOB_RULES = (*_ACCESS, *_REFERENCES, *_ORDERS, *_LISTS, *_SHIPPING, *_STOCK)
