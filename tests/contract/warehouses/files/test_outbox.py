"""Documents are published in one step, at most once, and what became of one is known after any crash."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from threading import Barrier
from typing import Any

import pytest

from cartage.deadlines import deadline
from cartage.errors import NotSent, OutcomeUnknown, ReferenceConflict, RemoteError, RemoteUnavailable
from cartage.warehouses.contract import SubmitOutcome
from cartage.warehouses.documents import OutboundDocument, Withdrawal
from cartage.warehouses.files.transport.outbox import Outbox
from tests.contract.warehouses.files.stands import Stand, transfer

DOCUMENT = OutboundDocument(7, datetime(2026, 11, 29, 2, tzinfo=UTC), "ord_A3_7.csv", b'"PH","A3_7"\r\n')
AGAIN = replace(DOCUMENT, attempt=2)


def outbox(stand: Stand, **changes: Any) -> Outbox:
    return Outbox(stand.open(), transfer(**changes))


def test_a_staged_document_is_no_file_for_the_warehouse(stand: Stand) -> None:
    outbox(stand).stage(DOCUMENT)
    assert stand.names("in") == [".ord_A3_7.csv.7.1.tmp"]
    outbox(stand).stage(DOCUMENT)
    assert stand.names("in") == [".ord_A3_7.csv.7.1.tmp"]


def test_a_published_document_has_its_name_and_its_bytes_and_nothing_else_stays(stand: Stand) -> None:
    box = outbox(stand)
    box.stage(DOCUMENT)
    assert box.publish(DOCUMENT) is SubmitOutcome.ACCEPTED
    assert stand.names("in") == ["ord_A3_7.csv"]
    assert (stand.root / "in" / "ord_A3_7.csv").read_bytes() == DOCUMENT.content
    assert box.still_there(DOCUMENT)
    assert box.withdraw(DOCUMENT) is Withdrawal.PUBLISHED


def test_a_document_that_the_warehouse_took_is_still_published(stand: Stand) -> None:
    box = outbox(stand)
    box.stage(DOCUMENT)
    box.publish(DOCUMENT)
    (stand.root / "in" / "ord_A3_7.csv").unlink()
    assert box.withdraw(DOCUMENT) is Withdrawal.PUBLISHED
    assert not box.still_there(DOCUMENT)


def test_a_withdrawn_document_can_never_be_published_and_stays_withdrawn_until_its_next_attempt(
    stand: Stand,
) -> None:
    box = outbox(stand)
    box.stage(DOCUMENT)
    assert box.withdraw(DOCUMENT) is Withdrawal.WITHDRAWN
    # The process may die before its ledger knows: another one asks again.
    assert outbox(stand).withdraw(DOCUMENT) is Withdrawal.WITHDRAWN
    with pytest.raises(NotSent, match="another run has withdrawn it"):
        box.publish(DOCUMENT)
    [mark] = stand.names("in")
    assert (stand.root / "in" / mark).read_bytes() == b""  # nothing of the order stays there
    assert outbox(stand).withdraw(DOCUMENT) is Withdrawal.WITHDRAWN


def test_the_next_attempt_of_a_withdrawn_document_is_published_and_leaves_nothing_behind(
    stand: Stand,
) -> None:
    box = outbox(stand)
    box.stage(DOCUMENT)
    box.withdraw(DOCUMENT)
    box.stage(AGAIN)
    assert box.publish(AGAIN) is SubmitOutcome.ACCEPTED
    assert stand.names("in") == ["ord_A3_7.csv"]
    assert box.withdraw(AGAIN) is Withdrawal.PUBLISHED


def test_what_an_attempt_left_that_never_left_is_removed_by_the_next(stand: Stand) -> None:
    box = outbox(stand)
    box.stage(DOCUMENT)
    box.stage(AGAIN)
    assert stand.names("in") == [".ord_A3_7.csv.7.2.tmp"]


def test_a_process_that_wakes_late_cannot_publish_what_was_withdrawn_and_staged_again(stand: Stand) -> None:
    late, other = outbox(stand), outbox(stand)
    late.stage(DOCUMENT)
    other.withdraw(DOCUMENT)
    other.stage(AGAIN)
    with pytest.raises(OutcomeUnknown):
        late.publish(DOCUMENT)
    assert stand.names("in") == [".ord_A3_7.csv.7.2.tmp"]


def test_the_same_document_that_is_there_already_is_no_conflict(stand: Stand) -> None:
    box = outbox(stand)
    (stand.root / "in" / "ord_A3_7.csv").write_bytes(DOCUMENT.content)
    box.stage(DOCUMENT)
    assert box.publish(DOCUMENT) is SubmitOutcome.ALREADY_EXISTS
    assert stand.names("in") == ["ord_A3_7.csv"]


@pytest.mark.parametrize("content", [b"other", b"x" * len(DOCUMENT.content)])
@pytest.mark.parametrize("publish", ["rename", "direct"])
def test_other_content_under_the_name_is_a_conflict_and_stays(
    stand: Stand, publish: str, content: bytes
) -> None:
    box = outbox(stand, publish=publish)
    (stand.root / "in" / "ord_A3_7.csv").write_bytes(content)
    box.stage(DOCUMENT)
    with pytest.raises(ReferenceConflict, match=r"ord_A3_7.csv: a file with this name and other content"):
        box.publish(DOCUMENT)
    assert (stand.root / "in" / "ord_A3_7.csv").read_bytes() == content


def test_publishing_and_withdrawing_at_once_have_one_winner(stand: Stand) -> None:
    outcomes: Counter[tuple[str, bool]] = Counter()
    publisher, withdrawer = outbox(stand), outbox(stand)
    with ThreadPoolExecutor(2) as pool:
        for number in range(20):
            document = replace(DOCUMENT, name=f"ord_{number}.csv")
            publisher.stage(document)
            start = Barrier(2)

            def publish(document: OutboundDocument = document, start: Barrier = start) -> bool:
                start.wait(10)
                try:
                    publisher.publish(document)
                except (NotSent, OutcomeUnknown):
                    return False
                return True

            published = pool.submit(publish)
            start.wait(10)
            withdrawal = withdrawer.withdraw(document)
            there = (stand.root / "in" / document.name).exists()
            # A publisher that lost the race may say that it does not know; it never says a wrong thing.
            assert published.result(10) <= there
            assert (withdrawal is Withdrawal.PUBLISHED) == there
            outcomes[withdrawal, there] += 1
    assert outcomes.total() == 20


def test_a_folder_that_is_gone_proves_nothing(stand: Stand) -> None:
    box = outbox(stand)
    box.stage(DOCUMENT)
    (stand.root / "in").rename(stand.root / "elsewhere")
    with pytest.raises(RemoteUnavailable, match="withdraw from in: the folder is not there"):
        box.withdraw(DOCUMENT)


def test_a_staging_folder_keeps_the_warehouses_folder_clean(stand: Stand) -> None:
    (stand.root / "staging").mkdir()
    box = outbox(stand, staging="staging")
    box.stage(DOCUMENT)
    assert stand.names("in") == []
    box.publish(DOCUMENT)
    assert (stand.names("in"), stand.names("staging")) == (["ord_A3_7.csv"], [])


@pytest.mark.parametrize("publish", ["rename", "direct"])
def test_after_the_deadline_nothing_is_published(stand: Stand, publish: str) -> None:
    box = outbox(stand, publish=publish)
    box.stage(DOCUMENT)
    with deadline(1.0), pytest.raises(NotSent, match="deadline"):
        box.publish(DOCUMENT)  # its outcome could come after a second
    assert "ord_A3_7.csv" not in stand.names("in")
    with deadline(1000.0):
        box.publish(DOCUMENT)
    assert stand.names("in") == ["ord_A3_7.csv"]


def test_after_the_deadline_nothing_is_staged(stand: Stand) -> None:
    with deadline(-1.0), pytest.raises(NotSent, match="deadline"):
        outbox(stand).stage(DOCUMENT)
    assert stand.names("in") == []


def test_a_direct_document_is_written_once_and_its_withdrawal_proves_only_what_is_there(stand: Stand) -> None:
    box = outbox(stand, publish="direct")
    box.stage(DOCUMENT)
    assert stand.names("in") == []
    assert box.withdraw(DOCUMENT) is Withdrawal.UNKNOWN
    assert box.publish(DOCUMENT) is SubmitOutcome.ACCEPTED
    assert box.withdraw(DOCUMENT) is Withdrawal.PUBLISHED
    assert box.publish(DOCUMENT) is SubmitOutcome.ALREADY_EXISTS
    assert stand.names("in") == ["ord_A3_7.csv"]


@pytest.mark.parametrize("publish", ["rename", "direct"])
def test_staging_finds_a_missing_folder(stand: Stand, publish: str) -> None:
    with pytest.raises(RemoteError, match="not there"):
        outbox(stand, publish=publish, orders_to="none").stage(DOCUMENT)
