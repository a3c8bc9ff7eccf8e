"""Every notable behaviour of the emulated store, with its default, the evidence for it, and its alternatives.

This module has no behaviour itself: the others read the rules by name.
"""

from __future__ import annotations

from cartage_sandbox.kernel.rules import Evidence, Rule, RuleValue

_DOC, _SEEN, _GUESS = Evidence.DOCUMENTED, Evidence.OBSERVED, Evidence.ASSUMED


def _rule(
    name: str,
    value: RuleValue,
    evidence: Evidence,
    section: str,
    about: str,
    choices: tuple[RuleValue, ...] = (),
) -> Rule:
    return Rule(name, value, evidence, f"3dcart-api.md section {section}", choices, about)


_AUTH = (
    _rule(
        "auth_failure_body",
        "result",
        _GUESS,
        "9",
        "Body of a 401: empty, the usual array, or ASP.NET's own message.",
        ("empty", "result", "message"),
    ),
    _rule(
        "unsupported_verb_status",
        501,
        _SEEN,
        "9",
        "Status for a verb that a known path does not have (the SDK saw 501; ASP.NET's own is 405).",
        (501, 405),
    ),
    _rule(
        "scope_checked",
        "first",
        _GUESS,
        "2",
        "A write outside the token's scope is refused before or after its content is checked.",
        ("first", "after_content"),
    ),
    _rule("gzip", False, _GUESS, "1", "Whether Accept-Encoding: gzip is honoured."),
    _rule("latency_min_seconds", 0.0, _SEEN, "1", "Least time that a request takes (0.45 was seen)."),
    _rule(
        "latency_max_seconds",
        0.0,
        _SEEN,
        "12",
        "Most time that a request takes; evenly spread between the two.",
    ),
)

_LISTS = (
    _rule("orders_page_max", 300, _DOC, "3.1", "Largest page of orders."),
    _rule("products_page_max", 200, _DOC, "3.1", "Largest page of products."),
    _rule("others_page_max", 500, _DOC, "3.1", "Largest page of anything else."),
    _rule(
        "limit_over_max",
        "cap",
        _GUESS,
        "3.1",
        "A limit above the maximum is capped silently, or refused with 400.",
        ("cap", "reject"),
    ),
    _rule(
        "not_found_body",
        "empty",
        _DOC,
        "9",
        "Body of a 404: empty (documented), or the usual array (some clients log one).",
        ("empty", "result"),
    ),
    _rule(
        "bad_request_body",
        "result",
        _SEEN,
        "9",
        "Body of a 400: the array (seen), or empty (documented). Past the end it is always the array.",
        ("result", "empty"),
    ),
    _rule(
        "multi_status_filter",
        "reject",
        _GUESS,
        "4.1",
        "orderstatus=1,2 is refused with 400, means both, or means the first only.",
        ("reject", "all", "first"),
    ),
    _rule(
        "lastupdate_granularity",
        "day",
        _DOC,
        "4.1",
        "lastupdatestart and lastupdateend compare days only, or the time of day too.",
        ("day", "time"),
    ),
    _rule(
        "lastupdateend_day",
        "inclusive",
        _GUESS,
        "4.1",
        "A date-only lastupdateend covers that day, or ends at its midnight (one client adds a day).",
        ("inclusive", "exclusive"),
    ),
    _rule(
        "lists_lag_seconds",
        0.0,
        _GUESS,
        "12",
        "How long lists still show the state before a write (or no order yet); reads by id are fresh.",
    ),
    _rule(
        "tracking_padding",
        True,
        _SEEN,
        "4.2",
        "Tracking codes are read back padded with spaces to 50 characters.",
    ),
    _rule(
        "store_time_zone",
        "-5",
        _DOC,
        "4.1",
        "Zone of all naive times: whole hours from UTC, as in the store's settings, or an IANA name.",
    ),
    _rule(
        "store_settings_shape",
        "array",
        _GUESS,
        "7",
        "GET /StoreSettings returns an array with one object, like every single GET, or the object.",
        ("array", "object"),
    ),
)

_THROTTLE = (
    _rule("throttle", True, _DOC, "3.3", "Whether the leaky bucket limits calls."),
    _rule("throttle_size", 50, _DOC, "3.3", "Calls that the bucket holds."),
    _rule("throttle_rate", 2.0, _DOC, "3.3", "Calls that leak out of the bucket per second."),
    _rule(
        "throttle_scope",
        "token",
        _GUESS,
        "3.3",
        "A bucket per store and token, or one for all tokens of the store.",
        ("token", "store"),
    ),
    _rule("throttle_retry_after", False, _GUESS, "3.3", "Whether a 429 has a Retry-After (in seconds)."),
    _rule(
        "throttle_body",
        "empty",
        _GUESS,
        "3.3",
        "Body of a 429.",
        ("empty", "result", "html"),
    ),
    _rule("throttle_counts_refused", False, _GUESS, "3.3", "Whether refused calls fill the bucket too."),
)

_WRITES = (
    _rule("bulk_orders_max", 100, _GUESS, "3.1", "Most orders in a PUT; more are a 400."),
    _rule("bulk_products_max", 100, _SEEN, "3.1", "Most products in a PUT; more are a 400."),
    _rule(
        "bulk_bad_item",
        "item",
        _DOC,
        "6.3",
        "A bad element fails alone (206), or the whole write fails with 400 and has no effect.",
        ("item", "whole"),
    ),
    _rule(
        "bulk_all_failed_status",
        206,
        _GUESS,
        "6.3",
        "HTTP status of a bulk write in which every element failed.",
        (206, 400, 404, 200),
    ),
    _rule(
        "null_in_write",
        "ignored",
        _GUESS,
        "6.1",
        "A key with null is ignored, clears the field, or is refused.",
        ("ignored", "clears", "rejected"),
    ),
    _rule(
        "over_length",
        "reject",
        _GUESS,
        "12",
        "A text longer than its column is refused with 400, or truncated.",
        ("reject", "truncate"),
    ),
    _rule(
        "method_name_charset",
        True,
        _SEEN,
        "6.2",
        "ShipmentMethodName outside [A-Za-z0-9 .()-] is refused with 400.",
    ),
    _rule(
        "shipment_address_writes",
        "taken",
        _GUESS,
        "12",
        "Address fields in a write to a shipment are taken, ignored in silence, or refused with 400.",
        ("taken", "ignored", "refused"),
    ),
    _rule(
        "shipment_status_moves_order",
        "single",
        _GUESS,
        "6.2",
        "Writing ShipmentOrderStatus moves OrderStatusID: never, on orders with one shipment, always.",
        ("never", "single", "always"),
    ),
    _rule(
        "order_status_moves_shipments",
        True,
        _SEEN,
        "4.2",
        "Writing OrderStatusID moves ShipmentOrderStatus of all its shipments.",
    ),
    _rule(
        "bulk_nested_shipments",
        False,
        _GUESS,
        "12",
        "Whether a ShipmentList inside PUT /Orders is written, or ignored.",
    ),
    _rule(
        "shipment_write_touches_order", True, _GUESS, "6.2", "A shipment write changes LastUpdate and UserID."
    ),
    _rule("cancel_returns_stock", True, _DOC, "5", "Moving an order to Cancel returns its items to stock."),
    _rule(
        "omitted_option_suffix",
        "kept",
        _GUESS,
        "7",
        "An AdvancedOptionSufix that a stock write leaves out is kept, or cleared.",
        ("kept", "blanked"),
    ),
)

_STOCK = (
    _rule(
        "kit_checkout_takes",
        "both",
        _GUESS,
        "7",
        "What an order for a kit takes from stock and Cancel returns: the parent, the components, or both.",
        ("both", "parent", "components"),
    ),
    _rule(
        "option_checkout_takes_base",
        False,
        _GUESS,
        "7",
        "An order for a combination of options also takes from the product's own stock (seen: the two differ).",
    ),
    _rule(
        "out_of_stock_default",
        "refuse",
        _GUESS,
        "7",
        "What a checkout does at InventoryControl -1 (default) if there is too little: refuse, or sell.",
        ("refuse", "sell"),
    ),
    _rule(
        "inventory_control_undefined",
        "untracked",
        _GUESS,
        "7",
        "InventoryControl 0 (undefined) means that stock is neither checked nor taken, or the same as -1.",
        ("untracked", "default"),
    ),
    _rule(
        "option_results_key",
        "AdvancedOptionCode",
        _GUESS,
        "7",
        "What the results of an AdvancedOptions write name: each combination, or the product (as for products).",
        ("AdvancedOptionCode", "CatalogID"),
    ),
)

_RESULTS = (
    _rule(
        "results_order",
        "request",
        _DOC,
        "6.3",
        "Sequence of the results of a bulk write.",
        ("request", "reversed", "shuffled"),
    ),
    _rule(
        "result_status_type",
        "text",
        _SEEN,
        "12",
        "Status in a result is text (seen on the wire), or a number (one client's type).",
        ("text", "number"),
    ),
    _rule("results_omit_every", 0, _GUESS, "6.3", "Every nth result of a bulk write is missing; 0 for none."),
    _rule("errors_as_200", False, _SEEN, "9", "Refusals (400, 404) are sent as 200 with Key Error."),
)

RULES: tuple[Rule, ...] = (*_AUTH, *_LISTS, *_THROTTLE, *_WRITES, *_STOCK, *_RESULTS)
