"""Every notable behaviour of the emulated store, with its default, the evidence for it, and its alternatives.

It holds no behaviour itself: the modules that act read these by name.
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
        "What a 401 carries: nothing, the usual array, or ASP.NET's own message.",
        ("empty", "result", "message"),
    ),
    _rule(
        "unsupported_verb_status",
        501,
        _SEEN,
        "9",
        "Answer to a verb that a known path does not have (the SDK saw 501; ASP.NET's own is 405).",
        (501, 405),
    ),
    _rule(
        "scope_checked",
        "first",
        _GUESS,
        "2",
        "A write beyond the token's scope is refused before its content is looked at, or only after.",
        ("first", "after_content"),
    ),
    _rule("gzip", False, _GUESS, "1", "Whether Accept-Encoding: gzip is honoured."),
    _rule("latency_min_seconds", 0.0, _SEEN, "1", "Least time that every request takes (0.45 was seen)."),
    _rule("latency_max_seconds", 0.0, _SEEN, "12", "Most time that a request takes; even spread between."),
)

_LISTS = (
    _rule("orders_page_max", 300, _DOC, "3.1", "Most orders of one page."),
    _rule("products_page_max", 200, _DOC, "3.1", "Most products of one page."),
    _rule("others_page_max", 500, _DOC, "3.1", "Most rows of one page of anything else."),
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
        "What a 404 carries: nothing (documented), or the usual array (some clients log one).",
        ("empty", "result"),
    ),
    _rule(
        "bad_request_body",
        "result",
        _SEEN,
        "9",
        "What a 400 carries: the array (seen), or nothing (documented). Past the end it is always the array.",
        ("result", "empty"),
    ),
    _rule(
        "multi_status_filter",
        "reject",
        _GUESS,
        "4.1",
        "orderstatus=1,2: refused with 400, all of them, or the first alone.",
        ("reject", "all", "first"),
    ),
    _rule(
        "lastupdate_granularity",
        "day",
        _DOC,
        "4.1",
        "lastupdatestart/-end compare days only, or with the time of day.",
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
        "How long lists go on showing the state before a write (or no order yet); reads by id are fresh.",
    ),
    _rule("tracking_padding", True, _SEEN, "4.2", "Tracking codes read back right-padded with spaces to 50."),
    _rule(
        "store_time_zone",
        "-5",
        _DOC,
        "4.1",
        "Zone of all naive times: whole hours from UTC as the store's setting has it, or an IANA name.",
    ),
    _rule(
        "store_settings_shape",
        "array",
        _GUESS,
        "7",
        "GET /StoreSettings gives an array of one, as every single GET, or the object alone.",
        ("array", "object"),
    ),
)

_THROTTLE = (
    _rule("throttle", True, _DOC, "3.3", "Whether the leaky bucket limits calls at all."),
    _rule("throttle_size", 50, _DOC, "3.3", "Calls that the bucket holds."),
    _rule("throttle_rate", 2.0, _DOC, "3.3", "Calls that leak out of the bucket per second."),
    _rule(
        "throttle_scope",
        "token",
        _GUESS,
        "3.3",
        "One bucket per store and token, or one for the store's all tokens.",
        ("token", "store"),
    ),
    _rule("throttle_retry_after", False, _GUESS, "3.3", "Whether a 429 says Retry-After (in seconds)."),
    _rule(
        "throttle_body",
        "empty",
        _GUESS,
        "3.3",
        "What a 429 carries.",
        ("empty", "result", "html"),
    ),
    _rule("throttle_counts_refused", False, _GUESS, "3.3", "Whether refused calls fill the bucket too."),
)

_WRITES = (
    _rule("bulk_orders_max", 100, _GUESS, "3.1", "Most orders of one PUT; more is 400."),
    _rule("bulk_products_max", 100, _SEEN, "3.1", "Most products of one PUT; more is 400."),
    _rule(
        "bulk_bad_item",
        "item",
        _DOC,
        "6.3",
        "A bad element fails alone (206), or fails the whole write with 400 and no effect.",
        ("item", "whole"),
    ),
    _rule(
        "bulk_all_failed_status",
        206,
        _GUESS,
        "6.3",
        "HTTP status of a bulk write of which every element failed.",
        (206, 400, 404, 200),
    ),
    _rule(
        "null_in_write",
        "ignored",
        _GUESS,
        "6.1",
        "A key sent with null is as if absent, clears the field, or is refused.",
        ("ignored", "clears", "rejected"),
    ),
    _rule(
        "over_length",
        "reject",
        _GUESS,
        "12",
        "A text longer than its column is refused with 400, or cut.",
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
        "A ShipmentList inside PUT /Orders is carried out, or ignored.",
    ),
    _rule(
        "shipment_write_touches_order", True, _GUESS, "6.2", "A shipment write bumps LastUpdate and UserID."
    ),
    _rule("cancel_returns_stock", True, _DOC, "5", "Moving an order to Cancel returns its items to stock."),
    _rule(
        "omitted_option_suffix",
        "kept",
        _GUESS,
        "7",
        "AdvancedOptionSufix left out of a stock write is kept, or blanked.",
        ("kept", "blanked"),
    ),
)

_STOCK = (
    _rule(
        "kit_checkout_takes",
        "both",
        _GUESS,
        "7",
        "What an order for a kit takes from stock, and Cancel returns: its parent's, its components', or both.",
        ("both", "parent", "components"),
    ),
    _rule(
        "option_checkout_takes_base",
        False,
        _GUESS,
        "7",
        "An order for a combination of options takes from the product's own stock too (seen: the two differ).",
    ),
    _rule(
        "out_of_stock_default",
        "refuse",
        _GUESS,
        "7",
        "What a checkout does at InventoryControl -1 (default) when there is too little: refuse, or sell.",
        ("refuse", "sell"),
    ),
    _rule(
        "inventory_control_undefined",
        "untracked",
        _GUESS,
        "7",
        "InventoryControl 0 (undefined) means that stock is neither looked at nor taken, or is as -1.",
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
        "Order of a bulk write's results.",
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
    _rule("errors_as_200", False, _SEEN, "9", "Refusals (400, 404) come as 200 with Key Error."),
)

RULES: tuple[Rule, ...] = (*_AUTH, *_LISTS, *_THROTTLE, *_WRITES, *_STOCK, *_RESULTS)
