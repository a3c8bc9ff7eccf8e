"""The rules of the Multi-Channel Fulfillment emulator: what can be switched, and how reliable each default is.

Sources: connectors.md section 4, warehouse-apis.md section 6, and Amazon's description of the API. Where nothing is
known, the default is the stricter variant.
"""

from __future__ import annotations

from cartage_sandbox.kernel.rules import Evidence, Rule

_SECTION = "connectors.md section 4"
_OLDER = "warehouse-apis.md section 6"
_OPEN = "connectors.md section 11"


def _assumed(name: str, value: bool | float | str, about: str, *choices: bool | float | str) -> Rule:
    return Rule(name, value, Evidence.ASSUMED, _OPEN, choices, about)


def _documented(
    name: str, value: bool | float | str, about: str, *choices: bool | float | str, source: str = _SECTION
) -> Rule:
    return Rule(name, value, Evidence.DOCUMENTED, source, choices, about)


def _observed(name: str, value: bool | float | str, about: str, *choices: bool | float | str) -> Rule:
    return Rule(name, value, Evidence.OBSERVED, _SECTION, choices, about)


_CALLS = (
    _documented("token_seconds", 3600, "Life of an access token, in sandbox seconds.", source=_OLDER),
    _documented(
        "expired_token_status",
        "403",
        "What a token that has expired gets: the description names it under 403, other Amazon pages under 401.",
        "403",
        "401",
    ),
    _documented("throttle", True, "Calls are limited, each operation by itself."),
    _documented("throttle_rate", 2.0, "Calls a second of an operation."),
    _documented("throttle_burst", 30, "Calls at once of an operation of the outbound API."),
    _documented("throttle_burst_stock", 2, "Calls at once of getInventorySummaries."),
    _documented("rate_header", True, "Responses name the rate: x-amzn-RateLimit-Limit."),
    _assumed("latency_seconds", 0.0, "Real seconds that every API request waits before it is handled."),
)

_ORDERS = (
    _assumed(
        "repeated_id",
        "refused",
        "What a second order under an id gets: 400, or a success that changes nothing.",
        "refused",
        "accepted",
    ),
    _assumed(
        "repeated_id_text",
        "named",
        "What the refusal of a repeated id says: that the order exists, or nothing.",
        "named",
        "vague",
    ),
    _assumed("unknown_id_status", "404", "What an id without an order gets.", "404", "400"),
    _assumed("visible_after_seconds", 0.0, "Sandbox seconds until a new order can be read by its id."),
    _observed("space_in_id_forbidden", True, "An id with a space gets 403 when it is read (issue 1845)."),
    _observed("plus_in_id_is_a_space", True, "A `+` in an id is read as a space (issue 5374)."),
    _assumed("first_status", "Received", "The status of an accepted order.", "New", "Received", "Planning"),
    _documented(
        "short_stock",
        "invalid",
        "What an order for more than the sellable stock becomes: accepted and then Invalid, or refused with 400.",
        "invalid",
        "refused",
    ),
    _observed(
        "marketplace_shown", "id", "How an order names its marketplace (issue 5374).", "id", "internal"
    ),
)

_LISTS = (
    _assumed("list_page_size", 50, "Orders on a page of the list."),
    _assumed(
        "list_order",
        "ascending",
        "Order of the list, by the last change of status.",
        "ascending",
        "descending",
    ),
    _assumed(
        "list_token_seconds", 30.0, "Sandbox seconds that a nextToken of the list of orders is accepted."
    ),
    _assumed("stock_page_size", 50, "Summaries on a page of the stock."),
    _documented("stock_token_seconds", 30.0, "Sandbox seconds that a nextToken of the stock is accepted."),
    _assumed("sku_letter_case_counts", True, "Whether letter case counts in the filter sellerSkus."),
    _assumed("summaries_without_stock", True, "SKUs without any unit are among the summaries."),
)

_SHIPPING = (
    _documented(
        "tracking_field",
        "trackingNumber",
        "Which field has a package's number: a carrier's, Amazon's own, or none yet.",
        "trackingNumber",
        "amazonFulfillmentTrackingNumber",
        "none",
    ),
    _documented("package_numbers_shown", True, "Items of a shipment say in which package they are."),
    _documented(
        "partial_changes_no_status",
        True,
        "A shipment that leaves while another one is pending changes nothing in the list: the order stays Processing.",
    ),
    _assumed("cancel_seconds", 0.0, "Sandbox seconds until an accepted cancel has its effect."),
    _documented("speeds", "all", "Delivery speeds that previews can promise.", "all", "standard"),
    _assumed(
        "auto_ship_seconds", 0.0, "Sandbox seconds after which an order ships by itself; 0: by hand only."
    ),
    _assumed("auto_ship_multi_share", 0.0, "Share of such orders that ship in two packages."),
)

MCF_RULES: tuple[Rule, ...] = (*_CALLS, *_ORDERS, *_LISTS, *_SHIPPING)
