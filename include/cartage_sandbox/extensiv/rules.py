"""The rules of the Extensiv emulator: what can be switched, and how far each default can be trusted.

Sources name sections of warehouse-apis.md. Where nothing is known, the default is the harsher reading.
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
    _assumed("token_needs_tpl", False, "A token request must name the tpl GUID."),
    _assumed("latency_seconds", 0.0, "Real seconds that every API request waits before anything happens."),
)

_REFERENCES = (
    _documented("duplicate_refused", True, "A repeated referenceNum is refused: 400 Duplicate."),
    _assumed("duplicate_scope", "customer", "Where a referenceNum is unique.", "customer", "global"),
    _assumed("duplicate_counts_cancelled", True, "A cancelled order still takes its referenceNum."),
    _assumed(
        "duplicate_counts_split", False, "The referenceNum that an order had before its split stays taken."
    ),
    _assumed(
        "text_case_sensitive", False, "referenceNum, SKU and RQL texts differ by case (SQL Server: no)."
    ),
)

_LISTS = (
    _assumed(
        "list_visibility_seconds", 0.0, "Sandbox seconds after which a created order is found by lists."
    ),
    _assumed("timestamps", "utc", "The zone of naive timestamps.", "utc", "facility-local"),
    _assumed(
        "facility_timezone", "America/New_York", "The facility's IANA time zone (PackageBee: GMT-05:00)."
    ),
    _documented("max_page_orders", 1000, "Largest pgsiz of /orders."),
    _documented("max_page_items", 100, "Largest pgsiz of /customers/{id}/items."),
    _documented("max_page_stock", 500, "Largest pgsiz of stocksummaries and stockdetails."),
    _assumed("oversized_page", "refuse", "What a pgsiz beyond the maximum gets.", "refuse", "clamp"),
    _documented("rql_status_reliable", False, "RQL on status tells more than Canceled apart."),
    _assumed("rql_process_date", True, "RQL knows readonly.processDate."),
    _assumed("rql_alternatives", True, "RQL takes alternatives (`,`) and brackets."),
)

_SHIPPING = (
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
        "auto_ship_seconds", 0.0, "Orders ship so many sandbox seconds after receipt; 0 = by hand alone."
    ),
    _assumed(
        "auto_ship_multi_share", 0.0, "Share (0 to 1) of automatically shipped orders with two packages."
    ),
    _assumed(
        "cancel_refused",
        "closed",
        "Which orders refuse a cancel (the help centre has orders of the API complete by themselves).",
        "closed",
        "always",
        source=_SECTION,
    ),
)

_SPLITS = (
    _assumed("split_share", 0.0, "Share (0 to 1) of orders that are split as soon as they are accepted."),
    _assumed("split_parts", 2, "Into how many orders, at most, such an order is split."),
    _assumed(
        "split_original",
        "renamed",
        "What becomes of a split order: it is the first part (REF-1), is cancelled, or keeps its reference.",
        "renamed",
        "cancelled",
        "kept",
    ),
)

_STOCK = (
    _assumed(
        "stock_response",
        "true",
        "What stocksummaries says: the truth; nothing; zeros; every second SKU; another facility's rows; the truth as "
        "out of a cache, stock_age_seconds old, that tells its Age or keeps the first Date.",
        "true",
        "empty",
        "zeros",
        "halved",
        "other_facility",
        "cached_age",
        "cached_date",
        source=_SECTION,
    ),
    _assumed("stock_age_seconds", 86_400, "How old an answer out of the cache is.", source=_SECTION),
    _assumed(
        "stock_empty_rows", True, "stocksummaries lists items of which there is nothing.", source=_SECTION
    ),
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
    }.items()
)

_CHECKS = (
    _assumed(
        "needs_complete_address", True, "shipTo needs name or companyName, address1, city, zip, country."
    ),
    _assumed("needs_known_carrier", False, "routingInfo.carrier must be one of /properties/carriers."),
)

EXTENSIV_RULES = (*_TOKENS, *_REFERENCES, *_LISTS, *_SHIPPING, *_SPLITS, *_STOCK, *_CHECKS, *_LIMITS)
