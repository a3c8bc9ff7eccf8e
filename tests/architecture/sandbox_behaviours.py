"""The behaviours that 3dcart-api.md section 12 requires of a faithful sandbox, item by item, with the tests for each.

Items are quoted from the section. Tests use plain HTTP, with literals from the reference.
"""

from __future__ import annotations

from collections.abc import Mapping

Tests = tuple[str, ...]

SECTION_12: Mapping[str, Mapping[str, Tests]] = {
    "Auth": {
        "require all three headers": ("test_each_of_the_three_headers_is_required",),
        "case-insensitive": ("test_header_names_ignore_case_and_an_additional_bearer_does_no_harm",),
        "SecureURL with/without scheme, `www.`, trailing `/`": (
            "test_secure_url_is_compared_as_clients_write_it",
        ),
        "any mismatch -> 401": ("test_any_wrong_header_is_refused",),
        "read-only scope token -> GET 200, PUT 401": ("test_a_read_only_scope_reads_and_does_not_write",),
        "revoked token mid-run -> 401": ("test_a_token_revoked_during_a_run_is_refused_from_then_on",),
        "optional Bearer ignored or accepted": (
            "test_header_names_ignore_case_and_an_additional_bearer_does_no_harm",
        ),
        'Configurable 401 body: empty / result-array / `{"Message":...}`': (
            "test_the_body_of_a_401_has_three_shapes",
        ),
    },
    "Routing": {
        "both `/v1` and `/v2`, same data; path segments case-insensitive; trailing slash accepted": (
            "test_both_versions_any_case_and_a_trailing_slash_lead_to_the_same_data",
        ),
        "unknown route 404": ("test_an_unknown_route_is_404",),
        "XML when `Accept: application/xml`": ("test_lists_are_xml_if_only_xml_is_accepted",),
        "415 on bad Content-Type": ("test_a_write_in_another_media_type_is_415",),
        "response headers as in section 1": (
            "test_responses_have_the_recorded_headers_and_no_others_that_a_client_could_rely_on",
        ),
        "optional gzip": ("test_gzip_is_a_rule",),
    },
    "Listing": {
        "defaults limit 10/offset 1; ascending id": ("test_the_default_is_the_first_ten_rows_ascending",),
        "cap 300/200/500": (
            "test_a_limit_is_capped_at_300_silently_or_refused",
            "test_a_page_of_products_has_200_at_most",
            "test_a_page_of_anything_else_has_500_at_most",
        ),
        "offset 0 is 1": ("test_offset_zero_is_offset_one",),
        "countonly object": (
            "test_countonly_returns_an_object",
            "test_a_count_of_nothing_is_zero_and_not_404",
        ),
        "404 for none (empty body or JSON, switchable)": (
            "test_nothing_found_is_404_with_or_without_a_body",
        ),
        '400 + `Key:"Error"` + exact text `Offset amount exceeds the total number of records`': (
            "test_past_the_end_is_400_with_the_exact_text",
        ),
        "`$select`/`$orderby` post-page": ("test_orderby_and_select_work_on_the_page_only",),
        "`OrderId` param": ("test_the_order_id_parameter_finds_one_order",),
        "include status 7": ("test_abandoned_carts_are_in_every_unfiltered_list",),
    },
    "Dates": {
        "store offset setting (default -5 h)": (
            "test_stamps_are_naive_and_in_the_stores_zone",
            "test_settings_show_the_zone_as_whole_hours_of_standard_time",
        ),
        "OrderDate filter inclusive": ("test_bounds_with_a_time_of_day_are_inclusive_in_both_formats",),
        "date-only `dateend` covers the day": ("test_a_date_only_end_covers_the_whole_day",),
        "`lastupdate*` compared by date only (switch: with time)": (
            "test_lastupdate_compares_days_unless_the_rule_includes_the_time",
        ),
        "reject garbage with 400": ("test_garbage_dates_are_400",),
        "accept `MM/dd/yyyy`, `MM/dd/yyyy HH:mm:ss`, `M/d/yyyy h:mm:ss tt`": (
            "test_a_date_only_end_covers_the_whole_day",
            "test_bounds_with_a_time_of_day_are_inclusive_in_both_formats",
        ),
        "DST fold/gap days in the fixture data": (
            "test_generated_orders_fill_the_repeated_hour_and_never_a_skipped_one",
            "test_a_repeated_hour_looks_the_same_both_times",
            "test_a_skipped_hour_may_be_entered_by_hand",
        ),
        "some rows with LastUpdate < OrderDate": (
            "test_some_rows_were_last_updated_before_they_were_ordered",
        ),
    },
    "Late and shifting data": {
        "carts created with low OrderIDs that turn 7->1 days later": (
            "test_a_cart_with_a_low_id_becomes_new_days_later",
        ),
        "new matching rows inserted between two page reads": (
            "test_a_row_that_appears_between_two_pages_makes_the_reader_see_one_twice",
        ),
        "a row changing status between pages (so offsets shift: one row skipped, one duplicated)": (
            "test_a_status_that_changes_between_two_pages_makes_the_reader_skip_a_row",
        ),
        "read-after-write lag switch (GET list stale for N s after PUT while GET by id is fresh)": (
            "test_lists_lag_behind_writes_while_reads_by_id_are_fresh",
            "test_a_new_order_is_late_in_lists_too",
        ),
    },
    "Throttling": {
        "token bucket 50 / 2 per s per (store, token)": (
            "test_the_bucket_holds_fifty_calls_and_leaks_two_a_second",
            "test_each_token_has_its_own_bucket_unless_the_store_shares_one",
        ),
        "429 with and without `Retry-After`": ("test_a_429_is_sent_with_or_without_retry_after",),
        "bodies empty/array/HTML": ("test_the_body_of_a_429_has_three_shapes",),
        "optional per-request latency 0.3-8 s": ("test_latency_is_a_rule",),
        "connection resets": ("test_a_read_may_end_in_a_broken_connection",),
        "500 empty body; 502/503 HTML": ("test_the_server_may_fail_with_an_empty_body_or_html",),
    },
    "Writes": {
        "partial update semantics; bump LastUpdate, set UserID `API`": ("test_only_the_named_keys_change",),
        "string `Value`/`Status`; lower-case `updated successfully`": (
            "test_the_response_to_a_bulk_status_update_is_as_recorded",
        ),
        "200/206/404 matrix; unknown OrderID in bulk -> 206 with per-item 404": (
            "test_an_unknown_order_in_a_bulk_write_fails_alone_with_206",
            "test_an_unknown_order_in_a_single_write_is_404",
        ),
        "empty array or >100 -> 400": (
            "test_a_bulk_body_that_is_not_an_array_of_1_to_100_objects_is_400",
            "test_a_write_may_have_a_hundred_orders",
        ),
        "ShipmentMethodName charset 400": ("test_a_method_name_outside_its_charset_is_400",),
        "over-length strings (LastName>50, ExternalComments>50) -> 400 (switchable)": (
            "test_a_last_name_over_50_characters_is_400",
            "test_a_text_that_is_too_long_is_refused_or_truncated",
        ),
        "ShipmentID 0 addressable": ("test_shipment_id_zero_is_addressable",),
        "unknown ShipmentID -> 404": ("test_an_unknown_shipment_is_404_and_in_a_bulk_write_fails_alone",),
        "status write on shipment mirrors to order for single-shipment orders (switchable)": (
            "test_a_status_on_a_shipment_moves_the_order_or_not",
        ),
        "invalid OrderStatusID -> 400": ("test_an_invalid_status_is_400_in_single_and_bulk_writes",),
        "Cancel (5) returns stock": ("test_a_cancel_returns_items_to_stock_once",),
        "a write that succeeds but whose response is lost (timeout after commit)": (
            "test_a_write_with_a_lost_response_has_happened",
        ),
        "status changed by a human between GET and PUT (API is last-writer-wins, no ETag)": (
            "test_a_person_may_change_the_status_between_read_and_write_and_the_last_writer_wins",
        ),
    },
    "Result quirks": {
        'HTTP 200 with `[{"Key":"Error",...}]`': ("test_a_refusal_may_be_a_200_with_key_error",),
        "results in different order from the request": ("test_results_may_be_in_another_sequence",),
        "`Status` as int": ("test_the_status_in_a_result_may_be_a_number",),
    },
    "Data fixtures": {
        "single and multi-shipment (ShipmentID != 0) orders": (
            "test_an_ordinary_order_has_one_shipment_of_id_zero_and_lines_that_name_it",
            "test_a_multi_shipment_order_has_its_own_ids_and_each_line_names_one",
        ),
        "no-shipment and no-item orders": ("test_an_order_may_have_no_shipment_or_no_item",),
        "guest CustomerID 0": ("test_a_guest_is_customer_zero",),
        "InvoiceNumber 0 with empty prefix": ("test_an_invoice_number_may_be_zero_with_an_empty_prefix",),
        "duplicate InvoiceNumber across prefixes": (
            "test_two_orders_may_share_an_invoice_number_under_different_prefixes",
        ),
        "bundles with zero-price children": (
            "test_a_bundle_has_a_priced_parent_and_children_that_cost_nothing_and_name_it",
        ),
        "discount pseudo-line": (
            "test_a_discount_may_be_a_line_without_unit_price_and_with_more_than_two_decimals",
        ),
        "gift-certificate transaction; multiple transactions": (
            "test_a_gift_certificate_is_one_of_several_payments_and_not_a_discount",
        ),
        "prices/discounts with more than 2 decimals": (
            "test_a_price_may_have_more_than_two_decimals",
            "test_a_discount_may_be_a_line_without_unit_price_and_with_more_than_two_decimals",
        ),
        "fractional and zero quantity": ("test_a_quantity_may_be_a_fraction_or_zero",),
        "negative stock": ("test_stock_may_be_negative_for_products_and_options",),
        "SKU with trailing/leading spaces": ("test_an_sku_may_have_blanks_around_it",),
        "wrong case": ("test_an_sku_may_have_a_different_letter_case",),
        "unknown SKU": ("test_an_sku_may_be_unknown_to_every_product",),
        "empty ItemID": ("test_an_sku_may_be_empty",),
        "option SKU only in AdvancedOptionSufix": (
            "test_an_option_sku_replaces_the_base_sku_and_is_only_in_advanced_option_sufix",
        ),
        "`SKU+partnumber` SKU": ("test_a_part_number_is_appended_to_the_base_sku",),
        'option codes renumbered after "rebuild"': (
            "test_rebuilt_options_have_new_codes_and_the_old_codes_are_gone",
        ),
    },
    "Text": {
        "UTF-8 accents, curly quotes, CJK, emoji/astral, RTL marks, zero-width space, NBSP, combining forms": (
            "test_any_text_is_served_as_it_was_entered",
            "test_generated_names_are_beyond_ascii_and_their_phone_is_empty",
        ),
        "mojibake": ("test_mojibake_occurs_in_method_names_and_comments",),
        "HTML tags and entities, `<script>`, unbalanced tags; 60 kB comments": (
            "test_any_text_is_served_as_it_was_entered",
            "test_comments_contain_html_and_a_comment_may_have_60_kb",
        ),
        "CRLF/tab/vertical-tab and other C0 control characters": ("test_control_characters_occur_in_texts",),
        "foreign states up to 16 chars; phone with `+`/spaces/13 digits": (
            "test_states_abroad_are_free_text_of_up_to_16_characters_and_phones_have_plus_and_blanks",
        ),
        "`US-CA`": ("test_a_state_may_include_its_country",),
        "empty phone": ("test_generated_names_are_beyond_ascii_and_their_phone_is_empty",),
        "space-padded tracking": ("test_a_tracking_code_is_read_back_padded_to_50_or_as_it_is",),
        "card fields populated (to prove they are dropped)": ("test_card_fields_are_populated",),
    },
    "Nulls": {
        "any string/number/list null": ("test_lists_texts_and_numbers_may_be_null",),
        "missing newer keys, unknown extra keys": (
            "test_newer_keys_may_be_missing_and_unknown_keys_present",
        ),
        "`ShipmentShippedDate` in all four shapes": ("test_the_shipping_date_has_four_shapes",),
        '`BillingPaymentMethodID "0"`': ("test_lists_texts_and_numbers_may_be_null",),
    },
}
# Cartage polls and is never called: docs/sandbox.md says why.
LEFT_OUT = ("Webhooks",)
