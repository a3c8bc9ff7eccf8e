"""`cartage exceptions` on a real ledger: what it lists, shows and refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from cartage.cli.main import app
from cartage.db import Ledger
from cartage.lifecycle import exceptions
from cartage.lifecycle.exceptions import ExceptionDraft
from cartage.lifecycle.transitions import By
from cartage.model.exceptions import ExceptionKind
from cartage.storefront.repo.stores import ensure_store

Cartage = Callable[..., Result]
LANES = """\
lanes:
  demo:
    store: {connection: threedcart_demo, time_zone: UTC, go_live: 2020-01-01}
    warehouse: {connector: extensiv, connection: extensiv_demo, settings: {customer_id: 12, facility_id: 1}}
"""
SENT = {"shipment_id": 0, "reference": "A3K_31882_0", "ship_to": {"city": "Erie"}, "lines": {"MUG": "1"}}
NOW = {"shipment_id": 0, "ship_to": {"city": "Lima"}, "lines": {"MUG": "2"}}


@pytest.fixture
def cartage(tmp_path: Path, ledger_url: str, monkeypatch: pytest.MonkeyPatch) -> Cartage:
    """Return the command line with its own ledger."""
    file = tmp_path / "lanes.yaml"
    file.write_text(LANES)
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(file))
    monkeypatch.setenv("CARTAGE_LEDGER_URL", ledger_url)
    return lambda *words: CliRunner().invoke(app, list(words))


@pytest.fixture
def number(ledger: Ledger) -> str:
    """Create an open exception about an edit; return its number."""
    with ledger.begin() as connection:
        store = ensure_store(connection, "https://demo.example.com")
        row = connection.execute(
            text(
                "INSERT INTO sales_order (store_id, order_id, lane, invoice, status_id, read_at, content_hash, amount,"
                " document) VALUES (:store, 31882, 'demo', 'AB-1001', 2, now(), 'x', 10, '{}') RETURNING id"
            ),
            {"store": store.id},
        ).one()
        draft = ExceptionDraft(
            sales_order_id=row.id,
            kind=ExceptionKind.EDITED_AFTER_TRANSFER,
            message="order 31882 was edited",
            remote_id="100001",
            before={"groups": [SENT]},
            after={"groups": [NOW]},
        )
        return str(exceptions.open_exception(connection, "demo", draft, By("test", "test")))


def test_the_list_names_order_number_and_choices(cartage: Cartage, number: str) -> None:
    result = cartage("exceptions", "list", "--lane", "demo")
    assert result.exit_code == 0, result.output
    for word in (number, "31882", "100001", "resend/handled/ignore", "1 exception needs a decision"):
        assert word in result.output
    [found] = json.loads(cartage("exceptions", "list", "--lane", "demo", "--json").stdout)
    assert (found["kind"], found["order_id"], found["decision"]) == ("edited_after_transfer", 31882, None)


def test_show_has_both_versions_side_by_side(cartage: Cartage, number: str) -> None:
    result = cartage("exceptions", "show", number)
    assert result.exit_code == 0, result.output
    [city] = [line for line in result.output.splitlines() if "ship_to city" in line]
    assert city.index("Erie") < city.index("Lima")
    assert "send the order again" in result.output


def test_a_decision_is_recorded_with_the_name_and_made_once(cartage: Cartage, number: str) -> None:
    result = cartage("exceptions", "decide", number, "resend", "--by", "Kim")
    assert result.exit_code == 0, result.output
    assert "the next run carries it out" in result.output
    again = cartage("exceptions", "decide", number, "ignore", "--by", "Lee")
    assert again.exit_code == 1
    assert "was already decided: 'resend' by Kim" in again.output
    assert "resend, by Kim" in cartage("exceptions", "list", "--lane", "demo").output


def test_a_final_decision_closes_the_exception(cartage: Cartage, number: str, ledger: Ledger) -> None:
    assert "it is closed" in cartage("exceptions", "decide", number, "handled", "--by", "Kim").output
    assert "0 exceptions need a decision" in cartage("exceptions", "list", "--lane", "demo").output
    assert "was closed at" in cartage("exceptions", "decide", number, "ignore", "--by", "Kim").output
    with ledger.begin() as connection:
        actors = connection.execute(text("SELECT actor FROM event WHERE kind = 'exception_closed'")).scalars()
        assert list(actors) == ["Kim"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("decide", "NUMBER", "restore", "--by", "Kim"), "choose one of: resend, handled, ignore"),
        (("decide", "999", "resend", "--by", "Kim"), "there is no exception 999"),
        (("show", "999"), "there is no exception 999"),
    ],
)
def test_an_invalid_decision_is_refused_with_the_reason(
    cartage: Cartage, number: str, words: tuple[str, ...], said: str
) -> None:
    result = cartage("exceptions", *[number if word == "NUMBER" else word for word in words])
    assert result.exit_code == 1
    assert said in result.output


def test_status_counts_the_exceptions_to_decide(cartage: Cartage, number: str) -> None:
    assert number
    assert json.loads(cartage("status", "--lane", "demo", "--json").stdout)["exceptions"] == 1
    assert "1 exception needs a decision" in cartage("status", "--lane", "demo").output
