"""The cached catalogue: refreshed as a whole, added to, and searched by set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import Connection, text

from cartage.db import Ledger
from cartage.model.skus import MatchKind
from cartage.warehouses.listed import CatalogueItem
from cartage.warehouses.repo import catalogue

ACCOUNT = "extensiv/demo/1"


def items(*skus: str, active: bool = True) -> list[CatalogueItem]:
    return [CatalogueItem(sku=sku, remote_id=f"id of {sku}", active=active) for sku in skus]


def kinds(connection: Connection, *skus: str, account: str = ACCOUNT) -> list[MatchKind]:
    found = catalogue.lookup(connection, account, skus)
    return [found[sku].kind for sku in skus]


def refresh(connection: Connection, account: str, given: Iterable[CatalogueItem]) -> int:
    """Refresh everything in one transaction. Return how many items were given."""
    since = catalogue.begin_refresh(connection, account)
    number = catalogue.add(connection, account, given)
    catalogue.end_refresh(connection, account, since)
    return number


def test_a_refresh_replaces_the_whole_catalogue_of_its_own_account_only(connection: Connection) -> None:
    refresh(connection, ACCOUNT, items("old", "kept"))
    refresh(connection, "other", items("theirs"))
    assert refresh(connection, ACCOUNT, items("kept", "new")) == 2
    assert kinds(connection, "old", "kept", "new") == [MatchKind.UNKNOWN, MatchKind.EXACT, MatchKind.EXACT]
    assert kinds(connection, "theirs", account="other") == [MatchKind.EXACT]


def test_an_item_whose_sku_no_index_can_hold_is_left_out_and_logged(
    connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    endless = "".join(Random(1).choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", k=5_000))
    assert refresh(connection, ACCOUNT, items(endless, "sound")) == 1
    assert kinds(connection, "sound") == [MatchKind.EXACT]
    assert "its SKU is too long" in caplog.text
    assert len(caplog.text) < 500


def test_the_age_counts_from_the_last_whole_refresh(connection: Connection) -> None:
    catalogue.add(connection, ACCOUNT, items("one"))
    assert catalogue.age(connection, ACCOUNT) is None
    refresh(connection, ACCOUNT, [])
    connection.execute(text("UPDATE catalogue_refresh SET refreshed_at = refreshed_at - interval '7 hours'"))
    catalogue.add(connection, ACCOUNT, items("two"))
    age = catalogue.age(connection, ACCOUNT)
    assert age is not None and age >= timedelta(hours=7)
    assert catalogue.age(connection, "other") is None


def test_an_added_item_is_found_and_the_others_stay(connection: Connection) -> None:
    refresh(connection, ACCOUNT, items("one"))
    catalogue.add(connection, ACCOUNT, items("two"))
    assert kinds(connection, "one", "two") == [MatchKind.EXACT, MatchKind.EXACT]


def test_a_changed_item_is_updated(connection: Connection) -> None:
    refresh(connection, ACCOUNT, items("one", active=False))
    assert kinds(connection, "one") == [MatchKind.INACTIVE]
    catalogue.add(connection, ACCOUNT, items("one"))
    assert kinds(connection, "one") == [MatchKind.EXACT]


def test_an_item_listed_twice_is_one_item_and_active_if_either_entry_is(connection: Connection) -> None:
    refresh(connection, ACCOUNT, [*items("one"), *items("one", active=False)])
    assert kinds(connection, "one") == [MatchKind.EXACT]


def test_every_sku_looked_up_has_a_result(connection: Connection) -> None:
    refresh(connection, ACCOUNT, items("Straße-1", " padded ", "case", "CASE"))
    found = catalogue.lookup(connection, ACCOUNT, ["STRASSE-1", "padded", "Case", "case", "nothing", ""])
    assert [match.kind for match in found.values()] == [
        MatchKind.FOLDED,
        MatchKind.FOLDED,
        MatchKind.AMBIGUOUS,
        MatchKind.EXACT,
        MatchKind.UNKNOWN,
        MatchKind.UNKNOWN,
    ]
    assert found["padded"].sku == " padded "
    assert found["Case"].candidates == ("CASE", "case")
    assert catalogue.lookup(connection, ACCOUNT, []) == {}


def test_a_catalogue_is_written_in_batches(connection: Connection) -> None:
    most_ahead = 0

    def stream() -> Iterator[CatalogueItem]:
        nonlocal most_ahead
        for number in range(10_000):
            stored = connection.scalar(text("SELECT count(*) FROM catalogue")) if number % 500 == 0 else None
            most_ahead = max(most_ahead, number - stored) if stored is not None else most_ahead
            yield from items(f"sku-{number}")

    assert refresh(connection, ACCOUNT, stream()) == 10_000
    assert most_ahead <= 2_000


def test_a_refresh_in_pages_shows_new_items_at_once_and_drops_missing_ones_at_its_end(ledger: Ledger) -> None:
    with ledger.begin() as connection:
        refresh(connection, ACCOUNT, items("gone", "kept"))
        since = catalogue.begin_refresh(connection, ACCOUNT)
    with ledger.begin() as connection:
        catalogue.add(connection, ACCOUNT, items("kept", "new"))
        assert kinds(connection, "gone", "new") == [MatchKind.EXACT, MatchKind.EXACT]
    with ledger.begin() as connection:
        catalogue.end_refresh(connection, ACCOUNT, since)
        assert kinds(connection, "gone", "kept", "new") == [
            MatchKind.UNKNOWN,
            MatchKind.EXACT,
            MatchKind.EXACT,
        ]


def test_lanes_that_refresh_an_account_at_the_same_time_do_not_deadlock(ledger: Ledger) -> None:
    skus = [f"sku-{number}" for number in range(5_000)]

    def refresh_in_turn(turn: int) -> None:
        with ledger.begin() as connection:
            refresh(connection, ACCOUNT, items(*(skus if turn % 2 else reversed(skus))))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(refresh_in_turn, range(4)))
    with ledger.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM catalogue")) == 5_000
