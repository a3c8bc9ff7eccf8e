"""The rules of the Extensiv emulator: what can be switched, and how reliable each default is.

Sources name sections of warehouse-apis.md. Where nothing is known, the default is the stricter variant.
"""

from __future__ import annotations

from cartage_sandbox.kernel.rules import Evidence, Rule

_SECTION = "warehouse-apis.md section 2"
_OPEN = "warehouse-apis.md section 13, question 1"


def _assumed(
    name: str, value: bool | float | str, about: str, *choices: bool | float | str, source: str = _OPEN
) -> Rule:
    return Rule(name, value, Evidence.ASSUMED, source, choices, about)


def _documented(name: str, value: bool | float | str, about: str, *choices: bool | float | str) -> Rule:
    return Rule(name, value, Evidence.DOCUMENTED, _SECTION, choices, about)


_TOKENS = (
    _documented(
        "token_seconds", 3600, "Life of an access token, in sandbox seconds (help centre: 30 to 60 min)."
    ),
    _assumed("token_needs_user", True, "A token request must name user_login or user_login_id."),
    _assumed("token_needs_tpl", False, "A token request must name the TPL GUID."),
    _assumed("latency_seconds", 0.0, "Real seconds that every API request waits before it is handled."),
)

_REFERENCES = (
    _documented("duplicate_refused", True, "A repeated referenceNum is refused: 400 Duplicate."),
    _assumed("duplicate_scope", "customer", "Where a referenceNum is unique.", "customer", "global"),
    _assumed("duplicate_counts_cancelled", True, "A cancelled order still occupies its referenceNum."),
    _assumed(
        "duplicate_counts_split", False, "The referenceNum that an order had before its split stays occupied."
    ),
    _assumed(
        "text_case_sensitive",
        False,
        "Whether letter case counts in referenceNum, SKU and RQL texts (SQL Server: no).",
    ),
)

_ORDERS = (
    _assumed(
        "cancelled_reference",
        "kept",
        "What the 3PL does to the referenceNum of a cancelled order: it stays, or becomes REF-CANCELED-<orderId>.",
        "kept",
        "renamed",
    ),
    _assumed(
        "completes_automatically",
        True,
        "An order without deferNotification is complete, so that it ships; otherwise once the 3PL completes it.",
    ),
)

_LISTS = (
    _assumed("list_visibility_seconds", 0.0, "Sandbox seconds until lists find a new order."),
    _assumed(
        "timestamps", "utc", "The zone of naive timestamps, except the floor's.", "utc", "facility-local"
    ),
    _assumed(
        "floor_timestamps",
        "facility-local",
        "The zone of pickDoneDate and loadOutDoneDate.",
        "facility-local",
        "as-others",
        source=_SECTION,
    ),
    _assumed(
        "facility_timezone", "America/New_York", "The facility's IANA time zone (PackageBee: GMT-05:00)."
    ),
    _documented("max_page_orders", 1000, "Largest pgsiz of /orders."),
    _documented("max_page_items", 100, "Largest pgsiz of /customers/{id}/items."),
    _documented("max_page_stock", 500, "Largest pgsiz of stocksummaries and stockdetails."),
    _assumed("oversized_page", "refuse", "What happens to a pgsiz above the maximum.", "refuse", "clamp"),
    _documented("rql_status_reliable", False, "RQL on status distinguishes more than Canceled."),
    _assumed("rql_process_date", True, "RQL knows readonly.processDate."),
    _assumed("rql_alternatives", True, "RQL accepts alternatives (`,`) and brackets."),
    _assumed(
        "rql_control_characters",
        False,
        "RQL accepts control characters in values (otherwise 400, as IIS does).",
    ),
    _assumed("longest_query", 2048, "Longest query string, in characters as sent (ASP.NET's default)."),
    _assumed("long_query_status", "400", "What a longer query string gets.", "400", "404", "414"),
)

_SHIPPING = (
    _assumed("process_date_shown", True, "A closed order has a processDate; otherwise only its shipDate."),
    _assumed(
        "tracking_shown",
        "all",
        "Where tracking numbers appear.",
        "all",
        "packages",
        "routing",
        "parcel",
        source=_SECTION,
    ),
    _assumed(
        "tracking_written",
        "bare",
        "How tracking fields name numbers: bare; in packages alone, with a USPS barcode's routing code (420 and the "
        "ZIP code); in groups of four; all numbers of the order in the first field; a note (N/A) instead.",
        "bare",
        "routed",
        "grouped",
        "joined",
        "note",
        source=_SECTION,
    ),
    _assumed(
        "package_ids", "unique", "Whether packages have ids of their own.", "unique", "zero", source=_SECTION
    ),
    _assumed(
        "master_numbers",
        False,
        "routingInfo of an order with several packages names a master number, which no package has.",
        source=_SECTION,
    ),
    _assumed(
        "auto_ship_seconds", 0.0, "Orders ship this many sandbox seconds after receipt; 0 = only by hand."
    ),
    _assumed(
        "auto_ship_multi_share", 0.0, "Share (0 to 1) of automatically shipped orders with two packages."
    ),
    _assumed(
        "cancel_refused",
        "closed",
        "Which orders refuse a cancel (help centre: orders from the API may complete automatically).",
        "closed",
        "always",
        source=_SECTION,
    ),
)

_SPLITS = (
    _assumed("split_share", 0.0, "Share (0 to 1) of orders that are split as soon as they are accepted."),
    _assumed("split_parts", 2, "Into how many orders such an order is split, at most."),
    _assumed(
        "split_original",
        "renamed",
        "What happens to a split order: it becomes the first part (REF-1), is cancelled, or keeps its reference.",
        "renamed",
        "cancelled",
        "kept",
    ),
)

_STOCK = (
    _assumed(
        "stock_response",
        "true",
        "What stocksummaries returns: the actual stock; nothing; zeros; every second SKU; another facility's rows; or "
        "the actual stock from a cache, stock_age_seconds old, with an Age or with the original Date.",
        "true",
        "empty",
        "zeros",
        "halved",
        "other_facility",
        "cached_age",
        "cached_date",
        source=_SECTION,
    ),
    _documented(
        "ordered_not_allocated_on_request",
        True,
        "orderedNotAllocated is null unless the request asks for it.",
    ),
    _assumed("stock_age_seconds", 86_400, "How old a cached response is.", source=_SECTION),
    _assumed("stock_empty_rows", True, "stocksummaries lists items without stock.", source=_SECTION),
)

_LIMITS = tuple(
    _assumed(f"max_length_{name}", length, f"Longest {name} accepted, in characters.")
    for name, length in {
        "referenceNum": 50,
        "poNum": 50,
        "externalId": 100,
        "notes": 2000,
        "shippingNotes": 2000,
        "companyName": 75,
        "name": 75,
        "address1": 75,
        "address2": 75,
        "city": 50,
        "state": 50,
        "zip": 20,
        "country": 50,
        "phoneNumber": 50,
        "emailAddress": 150,
        "lineNotes": 500,
    }.items()
)

_CHECKS = (
    _assumed(
        "needs_complete_address", True, "shipTo needs name or companyName, address1, city, zip, country."
    ),
    _assumed(
        "address_shown",
        "as_sent",
        "How orders show shipTo: as it was sent, or as the 3PL's address correction writes it (capitals, USPS "
        "abbreviations, ZIP+4, USA, a US territory as the country).",
        "as_sent",
        "corrected",
        source=_SECTION,
    ),
    _assumed("needs_known_carrier", False, "routingInfo.carrier must be one of /properties/carriers."),
    _assumed(
        "needs_known_service", False, "routingInfo.mode must be the code of one of the carrier's services."
    ),
)

EXTENSIV_RULES = (
    *_TOKENS,
    *_REFERENCES,
    *_ORDERS,
    *_LISTS,
    *_SHIPPING,
    *_SPLITS,
    *_STOCK,
    *_CHECKS,
    *_LIMITS,
)
