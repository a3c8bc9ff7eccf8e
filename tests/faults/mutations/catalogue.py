"""The mutations: each removes a protection, and names the tests that must then fail. Data only."""

from __future__ import annotations

from dataclasses import dataclass

_ENGINE = "include/cartage"


@dataclass(frozen=True, slots=True)
class Mutation:
    """A mutation: `old`, which is in `file` exactly once, becomes `new`. `file` is relative to the project's root.

    `tests` are pytest's ids. `goes_on`: without the protection the tests never end, which counts as caught.
    """

    name: str
    breaks: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    goes_on: bool = False


MUTATIONS: tuple[Mutation, ...] = (
    Mutation(
        "intent is not committed",
        "intent first",
        f"{_ENGINE}/sending/transfer_to_warehouse.py",
        "        with self._context.ledger.begin() as connection:\n            return self._source.claim(",
        "        with self._context.ledger.engine.connect() as connection:\n            return self._source.claim(",
        (
            "tests/contract/sending/test_transfer_to_warehouse.py::test_the_intent_is_committed_before_the_request_leaves",
        ),
        goes_on=True,
    ),
    Mutation(
        "the dispatch of a request is not committed",
        "intent first",
        f"{_ENGINE}/sending/transfer_to_warehouse.py",
        "        with self._context.ledger.begin() as connection:\n            transfers.mark_dispatched(",
        "        with self._context.ledger.engine.connect() as connection:\n            transfers.mark_dispatched(",
        (
            "tests/contract/sending/test_settle_unknown.py::test_nothing_is_asked_or_sent_before_the_wait_is_over",
        ),
    ),
    Mutation(
        "the lease may end before the response comes",
        "claims",
        f"{_ENGINE}/sending/repo/transfers.py",
        "      AND f.lease_until > clock_timestamp() + CAST(:longest AS interval)\n",
        "",
        (
            "tests/contract/sending/test_transfer_to_warehouse.py::test_a_claim_with_too_little_time_left_sends_nothing",
        ),
    ),
    Mutation(
        "a response is kept with the secrets that it repeats",
        "no card data, no secrets",
        f"{_ENGINE}/sending/kept_responses.py",
        "redact_secrets(response.body[: MOST_KEPT + _MARGIN], secrets)[:MOST_KEPT]",
        "response.body[:MOST_KEPT]",
        (
            "tests/unit/sending/test_kept_responses.py::test_secrets_and_card_numbers_are_not_kept_in_any_form",
        ),
    ),
    Mutation(
        "the claim is not checked again before a request leaves",
        "claims",
        f"{_ENGINE}/sending/repo/transfers.py",
        "AND f.id = t.fulfillment_order_id AND t.outcome IS NULL\n"
        "      AND f.state = 'sending' AND f.lease_owner = :owner\n"
        "      AND f.lease_until > clock_timestamp() + CAST(:longest AS interval)\n",
        "AND f.id = t.fulfillment_order_id\n",
        (
            "tests/contract/sending/test_settle_unknown.py::test_a_frozen_run_that_wakes_after_its_claim_ran_out_sends_nothing",
            "tests/contract/machine",
        ),
    ),
    Mutation(
        "a write leaves after its deadline",
        "claims",
        f"{_ENGINE}/deadlines.py",
        "if left is not None and left < longest:",
        "if left is not None and left < -1e9:",
        ("tests/unit/http/test_deadline_adapter.py", "tests/unit/test_deadlines.py"),
    ),
    Mutation(
        "a document is published although the claim on one of its orders was lost",
        "claims",
        f"{_ENGINE}/sending/repo/documents.py",
        "          AND f.lease_until > clock_timestamp() + CAST(:longest AS interval)\n",
        "",
        ("tests/contract/sending/test_documents.py::test_one_lost_claim_keeps_the_whole_document_back",),
    ),
    Mutation(
        "a document is published before its dispatch is committed",
        "intent first",
        f"{_ENGINE}/sending/document_sender.py",
        "        with self._context.ledger.begin() as connection:\n            mark_document_dispatched(",
        "        with self._context.ledger.engine.connect() as connection:\n            mark_document_dispatched(",
        (
            "tests/contract/sending/test_documents.py::test_the_dispatch_of_all_its_orders_is_committed_before_a_document_is_published",
            "tests/contract/sending/test_settle_documents.py::test_what_a_dead_run_published_is_accepted_and_not_sent_again",
        ),
    ),
    Mutation(
        "a restored ledger believes that a staged file that is gone was published",
        "survives restore",
        f"{_ENGINE}/sending/settle_documents.py",
        "Withdrawal.UNKNOWN if fate is Withdrawal.PUBLISHED and stored.forgotten else fate",
        "fate",
        (
            "tests/contract/sending/test_settle_documents.py::test_a_document_that_a_restored_ledger_cannot_vouch_for_is_not_sent_again",
        ),
    ),
    Mutation(
        "a restored ledger uses document numbers again",
        "survives restore",
        f"{_ENGINE}/warehouses/repo/documents.py",
        "max(quarantined_at) > c.raised_at",
        "max(quarantined_at) < c.raised_at - interval '1 century'",
        (
            "tests/contract/sending/test_documents.py::test_a_quarantined_ledger_goes_past_the_numbers_that_it_may_have_forgotten",
        ),
    ),
    Mutation(
        "an order is sent again without asking the warehouse first",
        "once",
        f"{_ENGINE}/sending/settle_unknown.py",
        "            _settle_order(settlement, by_reference[reference], found)\n",
        "            _settle_order(settlement, by_reference[reference], [])\n",
        (
            "tests/contract/sending/test_settle_unknown.py::test_a_lost_response_is_settled_by_asking",
            "tests/contract/machine",
        ),
    ),
    Mutation(
        "absence is believed at once",
        "intent first",
        f"{_ENGINE}/sending/repo/unknown.py",
        "              < clock_timestamp()\n          -- A restored ledger",
        "              < 'infinity'\n          -- A restored ledger",
        (
            "tests/contract/sending/test_settle_unknown.py::test_nothing_is_asked_or_sent_before_the_wait_is_over",
            "tests/contract/machine",
        ),
    ),
    Mutation(
        "an absent order is sent again even if the warehouse accepts repeats",
        "once",
        f"{_ENGINE}/sending/verdicts.py",
        "    if can.duplicate_policy is DuplicatePolicy.REJECTS:\n        if row.failed_in",
        "    if can.duplicate_policy is not None:\n        if row.failed_in",
        (
            "tests/contract/changes/test_conflicts.py::test_where_a_repeat_would_be_accepted_a_person_decides_about_an_absent_order",
        ),
    ),
    Mutation(
        "an order with other content counts as ours",
        "once",
        f"{_ENGINE}/sending/verdicts.py",
        "    if differences:\n        message = f",
        "    if not differences:\n        message = f",
        (
            "tests/contract/sending/test_settle_unknown.py::test_other_content_under_our_reference_opens_an_exception",
        ),
    ),
    Mutation(
        "any state may follow any other",
        "once",
        f"{_ENGINE}/lifecycle/transitions.py",
        "WHERE f.state = ANY(:sources)\n",
        "WHERE (f.state = ANY(:sources) OR f.state <> '')\n",
        ("tests/contract/lifecycle/test_transitions.py",),
    ),
    Mutation(
        "a requested cancel is ignored",
        "once",
        f"{_ENGINE}/lifecycle/transitions.py",
        "          AND (:to <> 'sending' OR f.cancel_wanted_at IS NULL)\n",
        "",
        (
            "tests/contract/lifecycle/test_transitions.py::test_a_requested_cancel_stops_sending_and_nothing_else",
        ),
    ),
    Mutation(
        "a reference may exist twice",
        "once",
        f"{_ENGINE}/db/migrations/versions/0001_the_ledger.py",
        '        sa.UniqueConstraint("reference", name=op.f("fulfillment_order_reference_key")),\n',
        "",
        ("tests/contract/db/test_constraints.py::test_a_reference_exists_only_once",),
    ),
    Mutation(
        "a living run's orders are taken over",
        "claims",
        f"{_ENGINE}/sending/repo/transfers.py",
        "AND f.state = 'sending'\n      AND f.lease_until < clock_timestamp()",
        "AND f.state = 'sending'\n      AND f.lease_until < 'infinity'",
        ("tests/contract/sending/test_settle_unknown.py",),
    ),
    Mutation(
        "an order goes to another warehouse although a request for it may have left",
        "once",
        f"{_ENGINE}/lifecycle/placement.py",
        "    NOT EXISTS (SELECT FROM transfer t WHERE t.fulfillment_order_id = f.id AND t.sent_at IS NOT NULL)\n",
        "    true\n",
        (
            "tests/contract/routing/test_two_warehouses.py::test_an_order_of_which_a_request_may_have_left_stays_where_it_is",
        ),
    ),
    Mutation(
        "two runs post back one order at once",
        "claims",
        f"{_ENGINE}/postback/repo/packages.py",
        "    AND (s.lease_until IS NULL OR s.lease_until < clock_timestamp())\n",
        "",
        (
            "tests/contract/postback/test_update_order_status.py::test_an_order_that_another_run_has_claimed_is_left_to_it",
        ),
    ),
    Mutation(
        "a window counts as covered before its last page",
        "nothing lost",
        f"{_ENGINE}/intake/import_orders.py",
        "    lists = _read_lists(context, window, reader)\n"
        "    with context.ledger.begin() as connection:\n"
        "        _cover(connection, context, lists, min(listed.begun_at for listed in lists))\n",
        "    with context.ledger.begin() as connection:\n"
        "        _cover(connection, context, [], context.ledger.now())\n"
        "    _read_lists(context, window, reader)\n",
        ("tests/contract/intake/test_import_orders.py::test_a_window_is_covered_only_after_its_last_page",),
    ),
    Mutation(
        "statuses are not read back",
        "the truth, forward only",
        f"{_ENGINE}/postback/update_order_status.py",
        "confirm_statuses(self._context, self.owner, self.counts, self._by_id, seen_behind=self._seen_behind)",
        "...",
        (
            "tests/contract/postback/test_update_order_status.py::test_with_several_ship_tos_the_order_is_partial_until_the_last",
        ),
    ),
    Mutation(
        "a status is recorded in a transaction of its own",
        "nothing lost",
        f"{_ENGINE}/postback/update_order_status.py",
        "        self._note_statuses(connection, [written.plan for written in done], posted_at=posted_at)\n",
        "        with self._context.ledger.begin() as another:\n"
        "            self._note_statuses(another, [written.plan for written in done], posted_at=posted_at)\n",
        (
            "tests/contract/postback/test_update_order_status.py::test_packages_and_status_are_recorded_as_posted_together_or_not_at_all",
        ),
    ),
    Mutation(
        "a reading verifies a status that it did not read",
        "the truth, forward only",
        f"{_ENGINE}/postback/repo/statuses.py",
        " AND s.posted_status = v.posted AND s.posted_at <= :read_at\n",
        " AND s.posted_at <= :read_at\n",
        ("tests/contract/postback/test_repo.py::test_a_status_is_verified_by_a_reading_of_that_status_only",),
    ),
    Mutation(
        "a status may go back",
        "the truth, forward only",
        f"{_ENGINE}/model/statuses.py",
        "self.path.index(current) < self.path.index(target)",
        "self.path.index(current) != self.path.index(target)",
        ("tests/unit/model/test_statuses.py::test_statuses_only_move_forward",),
    ),
    Mutation(
        "a failed write is retried blindly",
        "once",
        f"{_ENGINE}/http/session.py",
        "return self.retry(once) if safe else once()",
        "return self.retry(once, after=(RemoteError,))",
        ("tests/unit/http/test_session.py::test_an_unsafe_call_is_never_retried",),
    ),
    Mutation(
        "a lost response counts as a failure",
        "intent first",
        f"{_ENGINE}/errors/table.py",
        "return rule if safe else FailureRule(OutcomeUnknown,",
        "return rule if not safe else FailureRule(OutcomeUnknown,",
        ("tests/unit/errors/test_table.py",),
    ),
    Mutation(
        "a quantity that cannot be read is zero",
        "nothing lost",
        f"{_ENGINE}/storefront/translation/lines.py",
        'item.quantity("ItemQuantity")',
        'item.number("ItemQuantity")',
        (
            "tests/unit/storefront/translation/test_lines.py::test_a_faulty_quantity_is_a_malformed_field_and_never_zero",
            "tests/contract/intake/test_rules.py::test_a_faulty_quantity_blocks_the_order_and_nothing_of_it_ships",
        ),
    ),
    Mutation(
        "a line without a quantity does not ship",
        "nothing lost",
        f"{_ENGINE}/intake/lines.py",
        "(line.has_quantity and line.quantity == 0)",
        "line.quantity == 0",
        (
            "tests/unit/intake/test_rules.py::test_a_component_without_a_quantity_does_not_make_its_bundle_no_shippable_line",
        ),
    ),
    Mutation(
        "a tracking number is written again while an earlier write may be under way",
        "once",
        f"{_ENGINE}/postback/repo/packages.py",
        "b.kind = 'tracking'\n                 AND b.outcome = 'unknown'",
        "b.kind = 'tracking'\n                 AND b.outcome = 'refused'",
        (
            "tests/contract/postback/test_update_order_status.py::test_a_write_lost_before_its_effect_is_repeated",
            "tests/contract/postback/test_update_order_status.py::test_what_a_failed_run_left_under_way_is_not_written_again_at_once",
        ),
    ),
    Mutation(
        "an older page replaces a newer copy",
        "the truth, forward only",
        f"{_ENGINE}/intake/repo/orders.py",
        " AND read_at <= :read_at ORDER BY id FOR UPDATE",
        " AND CAST(:read_at AS timestamptz) IS NOT NULL ORDER BY id FOR UPDATE",
        (
            "tests/contract/intake/test_two_readers.py::test_an_older_page_never_replaces_an_edited_address",
            "tests/contract/intake/test_two_readers.py::test_of_two_readers_that_write_at_once_the_later_reading_stands",
        ),
    ),
    Mutation(
        "a status that was read earlier replaces a later one",
        "the truth, forward only",
        f"{_ENGINE}/postback/repo/statuses.py",
        "WHERE s.id = r.id AND greatest(s.read_at, s.status_read_at) <= :read_at",
        "WHERE s.id = r.id",
        (
            "tests/contract/postback/test_repo.py::test_the_later_reading_of_a_status_stands_whichever_is_recorded_first",
        ),
    ),
    Mutation(
        "a status is verified by a reading from before the write",
        "the truth, forward only",
        f"{_ENGINE}/postback/repo/statuses.py",
        " AND s.posted_status = v.posted AND s.posted_at <= :read_at\n",
        " AND s.posted_status = v.posted\n",
        (
            "tests/contract/postback/test_repo.py::test_a_reading_from_before_the_write_neither_verifies_nor_forgets_it",
        ),
    ),
    Mutation(
        "absence from a list proves that an order is gone",
        "the truth, forward only",
        f"{_ENGINE}/postback/store_reads.py",
        "frozenset(gone)",
        "frozenset(order.order_id for order in wanted if order.order_id not in found)",
        (
            "tests/contract/postback/test_update_order_status.py::test_reads_by_id_are_bounded_and_the_other_orders_are_left_to_the_next_run",
            "tests/contract/postback/test_mark_processing.py::test_orders_that_were_not_read_are_neither_posted_nor_verified_until_the_next_run",
        ),
    ),
    Mutation(
        "a response without the order proves that it is gone",
        "the truth, forward only",
        f"{_ENGINE}/storefront/client.py",
        'next(found, wire.NotAnOrder("a response without this order"))',
        "next(found, None)",
        (
            "tests/contract/postback/test_update_order_status.py::test_a_response_without_the_order_does_not_prove_that_it_is_gone",
        ),
    ),
    Mutation(
        "a ship method that we posted counts as a person's",
        "the store is told the truth",
        f"{_ENGINE}/intake/own_writes.py",
        "if _folded(group.ship_method) in ours else group",
        "if not ours and own.created else group",
        (
            "tests/contract/changes/test_own_writes.py::test_a_ship_method_that_we_posted_is_no_edit_after_its_label_is_voided",
            "tests/contract/changes/test_own_writes.py::test_what_is_resent_after_our_post_back_has_the_buyer_s_ship_method",
        ),
    ),
    Mutation(
        "a decision is said to be resent though nothing was sent",
        "the store is told the truth",
        f"{_ENGINE}/changes/conclusions.py",
        "    if decisions.was_resent(connection, due.id):\n",
        "    if due.decision is Choice.RESEND:\n",
        (
            "tests/contract/changes/test_own_writes.py::test_an_edit_that_is_undone_before_it_is_resent_was_not_resent",
        ),
    ),
    Mutation(
        "a package that is named in another way is another package",
        "once",
        f"{_ENGINE}/shipments/repo/shipments.py",
        "        for package_id, key in renamed_packages(known.get(row_id, ()), shipment.packages).items()\n",
        "        for package_id, key in renamed_packages((), shipment.packages).items()\n",
        (
            "tests/contract/shipments/test_tracking_fields.py::test_a_package_stays_the_same_when_the_warehouse_writes_its_number_in_another_way[comments]",
        ),
    ),
    Mutation(
        "an unchanged copy brings purged personal data back",
        "no card data, no secrets",
        f"{_ENGINE}/intake/order_book.py",
        "        if row.purged:\n",
        "        if row.purged and self._skip_changes(new, row):\n",
        (
            "tests/contract/db/test_retention.py::test_purged_personal_data_do_not_come_back_for_an_unchanged_order",
        ),
    ),
    Mutation(
        "the watch brings purged personal data back",
        "no card data, no secrets",
        f"{_ENGINE}/changes/watch_sent_orders.py",
        "not (order.purged and waits)",
        "not order.purged",
        (
            "tests/contract/db/test_retention.py::test_purged_personal_data_do_not_come_back_for_an_unchanged_order",
        ),
    ),
    Mutation(
        "a stock file of which a part is held counts as whole",
        "the truth",
        f"{_ENGINE}/warehouses/files/x12/reading.py",
        " and not self._admission.quarantined\n",
        "\n",
        ("tests/unit/warehouses/files/x12/test_stock.py::test_a_file_of_which_a_set_is_held_is_not_whole",),
    ),
    Mutation(
        "a separator in a SKU breaks the file",
        "nothing lost",
        f"{_ENGINE}/warehouses/files/x12/validation.py",
        'if separator := next((character for character in syntax.reserved if character in text), ""):',
        'if separator := "":',
        (
            "tests/unit/warehouses/files/x12/test_validation.py::test_what_identifies_something_is_never_changed",
        ),
    ),
    Mutation(
        "a file for another partner is taken in",
        "the truth",
        f"{_ENGINE}/warehouses/files/x12/admission.py",
        "        if self._released:\n            return False\n",
        "        if self._settings:\n            return False\n",
        (
            "tests/unit/warehouses/files/x12/test_admission.py::test_a_set_from_or_for_another_partner_is_held_or_passed_over",
        ),
    ),
    Mutation(
        "a rename overwrites where the server lets it",
        "nothing lost",
        f"{_ENGINE}/warehouses/files/transport/interface.py",
        """        if self.look(target) is not None:
            return False
        try:
""",
        "        try:\n",
        ("tests/contract/warehouses/files/test_faults.py::test_a_server_that_overwrites_gets_no_chance_to",),
    ),
    Mutation(
        "a withdrawn document counts as published",
        "nothing lost",
        f"{_ENGINE}/warehouses/files/transport/outbox.py",
        "        if self._transport.look(mark) is None:\n",
        "        if self._transport.look(self._temporary(document)) is None:\n",
        (
            "tests/contract/warehouses/files/test_outbox.py::test_a_withdrawn_document_can_never_be_published_and_stays_withdrawn_until_its_next_attempt",
        ),
    ),
    Mutation(
        "a folder that is gone proves a publication",
        "nothing lost",
        f"{_ENGINE}/warehouses/files/transport/outbox.py",
        '        self._require_folder(self._settings.staging_folder, "withdraw from")\n',
        "",
        ("tests/contract/warehouses/files/test_outbox.py::test_a_folder_that_is_gone_proves_nothing",),
    ),
    Mutation(
        "a frozen process publishes after its deadline",
        "once",
        f"{_ENGINE}/warehouses/files/transport/sftp.py",
        "            check_deadline_now(self._response_timeout)\n",
        "",
        ("tests/contract/warehouses/files/test_outbox.py::test_after_the_deadline_nothing_is_published",),
    ),
    Mutation(
        "a version that was never read is archived",
        "a file is taken in once",
        f"{_ENGINE}/warehouses/files/transport/inbox.py",
        "            if target and found and not expected.same_as(found):\n",
        "            if target and found and not found:\n",
        (
            "tests/contract/warehouses/files/test_inbox.py::test_a_version_that_comes_at_the_last_moment_is_put_back",
        ),
    ),
    Mutation(
        "a password goes to whatever server answers",
        "no card data, no secrets",
        f"{_ENGINE}/warehouses/files/transport/opening.py",
        "            if not access.check_host_key or key in known:\n",
        "            if not access.check_host_key or key is not None:\n",
        (
            "tests/contract/warehouses/files/test_login.py::test_no_password_goes_to_a_server_with_an_unknown_key",
        ),
    ),
    Mutation(
        "a file is applied however often it comes",
        "a file is taken in once",
        f"{_ENGINE}/warehouses/repo/inbound.py",
        "    ON CONFLICT (account, lane, sha256, part) DO NOTHING\n",
        "    ON CONFLICT (account, lane, sha256, part) DO UPDATE SET path = excluded.path\n",
        (
            "tests/contract/shipments/test_files_in.py::test_the_same_content_again_has_no_effect_whatever_its_name",
        ),
    ),
    Mutation(
        "a file is put away before the commit",
        "a file is taken in once",
        f"{_ENGINE}/shipments/poll_tracking.py",
        "        ended = ended_orders(self._context, page)\n        with",
        "        ended = self._context.warehouse.acknowledge(page) or ended_orders(self._context, page)\n"
        "        with",
        (
            "tests/contract/shipments/test_files_in.py::test_a_run_that_dies_while_it_applies_a_file_has_done_nothing_and_the_next_one_does",
        ),
    ),
    Mutation(
        "a file is put away before its other part is taken in",
        "a file is taken in once",
        f"{_ENGINE}/runtime/inbound_documents.py",
        "            return wanted <= inbound.parts_taken(connection, self._account, self._lane, document.digest)\n",
        "            return bool(wanted)\n",
        (
            "tests/contract/shipments/test_files_in.py::test_a_file_with_orders_and_stock_is_put_away_once_both_are_taken_in",
        ),
    ),
    Mutation(
        "an old stock file counts",
        "stock never oversells",
        f"{_ENGINE}/inventory/poll_stock_files.py",
        "        if last is not None and self._compared(page, document, last) < 0:\n",
        "        if last is not None and self._compared(page, document, last) < -1:\n",
        ("tests/contract/inventory/test_stock_files.py::test_an_older_file_has_no_effect_and_is_named",),
    ),
    Mutation(
        "a rejection of a shipped order is asked about",
        "the truth, forward only",
        f"{_ENGINE}/shipments/rejections.py",
        "_GOT = frozenset({State.SENDING, State.UNKNOWN, State.ACKNOWLEDGED})\n",
        "_GOT = frozenset({State.SENDING, State.UNKNOWN, State.ACKNOWLEDGED, State.SHIPPED})\n",
        (
            "tests/contract/shipments/test_order_notices.py::test_a_rejection_of_a_shipped_order_is_kept_and_changes_nothing",
        ),
    ),
    Mutation(
        "a part is sent before the order's other references are asked for",
        "survives restore",
        f"{_ENGINE}/recovery/verify_before_send.py",
        "            if row.state in MAY_BE_THERE and row.id not in asked",
        "            if row.state in () and row.id not in asked",
        (
            "tests/contract/routing/test_recovered_parts.py::test_a_part_is_not_sent_before_the_others_are_asked_for",
        ),
    ),
    Mutation(
        "an order that is whole at a warehouse stays divided",
        "survives restore",
        f"{_ENGINE}/recovery/found_parts.py",
        "len(pieces) == len(members) == 1 and not rest",
        "len(pieces) == 1 and not rest",
        ("tests/contract/routing/test_recovered_parts.py::test_what_a_warehouse_has_whole_is_whole_again",),
    ),
    Mutation(
        "a part that was set aside keeps lines that a warehouse has",
        "survives restore",
        f"{_ENGINE}/recovery/found_parts.py",
        "_SET_ASIDE = frozenset({State.HELD, State.SKIPPED})\n",
        "_SET_ASIDE = frozenset[State]()\n",
        ("tests/contract/routing/test_recovered_parts.py::test_a_part_that_was_set_aside_is_not_sent_later",),
    ),
)
