"""A store's code: assigned once, the same in a rebuilt ledger, and the same in concurrent processes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import pytest
from sqlalchemy import Connection, text

from cartage.db import Ledger
from cartage.errors import LedgerError, SettingsError
from cartage.storefront.repo.stores import ensure_store
from cartage.storefront.store_codes import codes

URL = "https://www.Demo-Outfitters.3dcartstores.com/"


def test_every_spelling_of_a_secure_url_is_the_same_store(connection: Connection) -> None:
    first = ensure_store(connection, URL)
    assert ensure_store(connection, "demo-outfitters.3dcartstores.com") == first
    assert ensure_store(connection, "http://demo-outfitters.3dcartstores.com") == first
    assert connection.scalar(text("SELECT count(*) FROM store")) == 1


def test_a_rebuilt_ledger_assigns_the_same_code(connection: Connection) -> None:
    first = ensure_store(connection, URL)
    connection.execute(text("DELETE FROM store"))
    ensure_store(connection, "another.example.com")
    assert ensure_store(connection, URL).code == first.code


def test_a_taken_code_makes_the_store_take_its_next_one(connection: Connection) -> None:
    first, second = islice(codes("demo-outfitters.3dcartstores.com"), 2)
    connection.execute(
        text("INSERT INTO store (code, secure_url) VALUES (:code, 'other.example.com')"), {"code": first}
    )
    assert ensure_store(connection, URL).code == second


def test_no_free_code_is_an_error_and_not_a_shared_code(connection: Connection) -> None:
    for number, code in enumerate(dict.fromkeys(islice(codes("demo-outfitters.3dcartstores.com"), 100))):
        connection.execute(
            text("INSERT INTO store (code, secure_url) VALUES (:code, :url)"),
            {"code": code, "url": f"s{number}"},
        )
    with pytest.raises(LedgerError, match="100 codes"):
        ensure_store(connection, URL)


def test_an_empty_secure_url_is_refused(connection: Connection) -> None:
    with pytest.raises(SettingsError, match="names no host"):
        ensure_store(connection, "  ")


def test_processes_that_see_a_store_at_the_same_time_agree_on_its_code(ledger: Ledger) -> None:
    def meet(_: int) -> object:
        with ledger.begin() as connection:
            return ensure_store(connection, URL)

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(meet, range(24)))) == 1
