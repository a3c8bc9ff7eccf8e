"""`cartage orders` on a real ledger with two lanes: any number names an order, and each action has its person."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from typer.testing import CliRunner, Result

from cartage.cli.main import app
from tests.contract.rows import Rows

Cartage = Callable[..., Result]
LANE = """
  {name}:
    store: {{connection: threedcart_{name}, time_zone: UTC, go_live: 2020-01-01}}
    warehouse: {{connector: extensiv, connection: extensiv_{name}, settings: {{customer_id: 12, facility_id: 1}}}}
"""
NUMBERS = ("A3K_31882_0", "a3k_31882_0", "31882", "AB-1001", "900123", "1Z999AA")


@pytest.fixture
def rows(ledger_url: str) -> Iterator[Rows]:
    """Helper that adds rows, each committed at once."""
    engine = create_engine(ledger_url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield Rows(connection)
    engine.dispose()


@pytest.fixture
def cartage(tmp_path: Path, ledger_url: str, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> Cartage:
    """Return the command line with the lanes `east` and `west`, and an order at the warehouse of `east`."""
    file = tmp_path / "lanes.yaml"
    file.write_text("lanes:" + LANE.format(name="east") + LANE.format(name="west"))
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(file))
    monkeypatch.setenv("CARTAGE_LEDGER_URL", ledger_url)
    new_lane = text("INSERT INTO lane_state (lane, store_id) VALUES ('east', :store)")
    rows.connection.execute(new_lane, {"store": rows.store()})
    document = json.dumps({"email": "ann@example.com"})
    sales_order = rows.sales_order(order_id=31882, invoice="AB-1001", document=document)
    columns = {
        "reference": "A3K_31882_0",
        "order_id": 31882,
        "remote_id": "900123",
        "posted_tracking": "1Z999AA",
    }
    order = rows.order("acknowledged", sales_order_id=sales_order, **columns)
    box = {
        "lane": "east",
        "key": "1",
        "fulfillment_order_id": order,
        "remote_id": "9",
        "reference": "A3K_31882_0",
    }
    shipment = rows.add("shipment", **box, voided=False, final=True)
    parcel = {"shipment_id": shipment, "key": "1", "position": 0, "tracking": "1Z999AA", "carrier": "UPS"}
    rows.add("package", **parcel, service="Ground", contents="[]")
    return lambda *words: CliRunner().invoke(app, list(words))


def done(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize("number", NUMBERS)
def test_an_order_is_shown_by_any_of_its_numbers(cartage: Cartage, number: str) -> None:
    shown = json.loads(done(cartage("orders", "show", number, "--json")))
    assert (shown["lane"], shown["reference"], shown["state"]) == ("east", "A3K_31882_0", "acknowledged")
    assert [parcel["tracking"] for parcel in shown["packages"]] == ["1Z999AA"]
    assert "order 31882 (AB-1001), A3K_31882_0, lane east: acknowledged" in done(
        cartage("orders", "show", number)
    )
    assert json.loads(done(cartage("orders", "documents", number, "--json"))) == []
    assert json.loads(done(cartage("orders", "payload", number)))["reference"] == "A3K_31882_0"


def test_an_order_of_another_lane_is_not_found_there(cartage: Cartage) -> None:
    result = cartage("orders", "show", "31882", "--lane", "west")
    assert result.exit_code == 2
    assert "lane west has no order '31882'" in result.output


def test_orders_are_found_and_listed_over_all_lanes(cartage: Cartage, rows: Rows) -> None:
    rows.order("skipped", lane="west", sales_order_id=rows.sales_order(lane="west", invoice="W-5"))
    both = json.loads(done(cartage("orders", "list", "--json")))
    assert [row["lane"] for row in both] == ["west", "east"]
    west = json.loads(done(cartage("orders", "list", "--state", "skipped", "--json")))
    assert [row["lane"] for row in west] == ["west"]
    assert json.loads(done(cartage("orders", "list", "--until", "2001-01-01", "--json"))) == []
    by_mail = json.loads(done(cartage("orders", "find", "ann@example.com", "--json")))
    assert [row["reference"] for row in by_mail] == ["A3K_31882_0"]
    nothing = cartage("orders", "find", "nobody@example.com")
    assert nothing.exit_code == 1


def test_a_number_of_several_orders_asks_for_a_reference(cartage: Cartage, rows: Rows) -> None:
    other = rows.sales_order(lane="east", invoice="AB-1001", order_id=40000)
    rows.order("ready", sales_order_id=other, reference="A3K_40000_0", order_id=40000)
    result = cartage("orders", "show", "AB-1001")
    assert result.exit_code == 2
    assert "A3K_31882_0 (east)" in result.output
    assert "A3K_40000_0 (east)" in result.output
    assert json.loads(done(cartage("orders", "show", "40000", "--json")))["reference"] == "A3K_40000_0"


def test_the_beginning_of_a_number_names_no_order_that_another_one_names_exactly(
    cartage: Cartage, rows: Rows
) -> None:
    longer = rows.sales_order(lane="east", invoice="AB-10012", order_id=50000)
    rows.order("ready", sales_order_id=longer, reference="A3K_50000_0", order_id=50000)
    assert json.loads(done(cartage("orders", "show", "AB-1001", "--json")))["order_id"] == 31882


def test_a_person_holds_releases_skips_and_retries_an_order(cartage: Cartage, rows: Rows) -> None:
    sales_order = rows.sales_order(order_id=5, invoice="AB-5")
    rows.order("ready", sales_order_id=sales_order, reference="A3K_5_0", order_id=5)

    def state() -> str:
        return str(json.loads(done(cartage("orders", "show", "AB-5", "--json")))["state"])

    held = json.loads(
        done(
            cartage(
                "orders",
                "hold",
                "AB-5",
                "--reason",
                "the buyer called",
                "--by",
                "ann",
                "--hours",
                "2",
                "--json",
            )
        )
    )
    assert (held["reference"], held["by"], state()) == ("A3K_5_0", "ann", "held")
    assert "released" in done(cartage("orders", "release", "5", "--by", "bob"))
    assert state() == "imported"
    assert "skipped, by bob" in done(cartage("orders", "skip", "AB-5", "--reason", "a test", "--by", "bob"))
    assert state() == "skipped"
    assert json.loads(done(cartage("orders", "retry", "5", "--by", "bob", "--json")))["by"] == "bob"
    assert state() == "imported"
    assert "restarted" in done(cartage("orders", "restart", "5", "--by", "bob"))
    events = json.loads(done(cartage("orders", "show", "5", "--json")))["events"]
    assert {event["actor"] for event in events} == {"ann", "bob"}


def test_what_an_order_does_not_allow_is_refused_with_its_state(cartage: Cartage) -> None:
    result = cartage("orders", "skip", "31882", "--reason", "a test", "--by", "ann")
    assert result.exit_code == 1
    assert "acknowledged by now: skip is not possible" in result.stderr
    assert "give your name" in cartage("orders", "retry", "31882", "--by", " ").output
    assert cartage("orders", "hold", "31882", "--reason", " ", "--by", "ann").exit_code == 2


def test_lists_without_a_lane_name_the_lane_of_each_row(cartage: Cartage, rows: Rows) -> None:
    for lane in ("east", "west"):
        cause = rows.add(
            "cause", lane=lane, fingerprint="x", kind="unknown_sku", subject="A", message="m", fix="f"
        )
        rows.order("blocked", lane=lane, cause_ids=[cause], sales_order_id=rows.sales_order(lane=lane))
    blocked = json.loads(done(cartage("orders", "blocked", "--json")))
    assert sorted(row["lane"] for row in blocked) == ["east", "west"]
    statuses = json.loads(done(cartage("status", "--json")))
    assert {status["lane"]: status["blocked"] for status in statuses} == {"east": 1, "west": 1}
    for words in (("alerts", "list"), ("holds", "list"), ("exceptions", "list"), ("files", "list")):
        assert json.loads(done(cartage(*words, "--json"))) == []
    for kind in ("unmatched", "unreadable"):
        assert json.loads(done(cartage("shipments", kind, "--json"))) == []
    assert json.loads(done(cartage("files", "quarantine", "list", "--json"))) == []
    assert {history["lane"] for history in json.loads(done(cartage("coverage", "--json")))} == {
        "east",
        "west",
    }
    assert set(json.loads(cartage("heartbeat", "--json").stdout)) == {"east", "west"}


def test_a_person_corrects_an_order(cartage: Cartage, rows: Rows) -> None:
    order = rows.order("ready", sales_order_id=rows.sales_order(invoice="AB-7"))
    corrected = ["orders", "correct", "AB-7", "--set", "city= Troy ", "--set", "ship_method=Air"]
    said = done(cartage(*corrected, "--reason", "she called", "--by", "ann"))
    assert "corrected; the next run validates it, by ann" in said
    query = "SELECT ship_to ->> 'city', ship_method, correction_due_at FROM fulfillment_order WHERE id = :id"
    assert rows.one(query, id=order) == ("Troy", "Air", None)
    wrong = cartage("orders", "correct", "AB-7", "--set", "town=Troy", "--reason", "x", "--by", "ann")
    assert wrong.exit_code == 2
    assert "is not FIELD=TEXT; fields are name, company" in " ".join(wrong.stderr.replace("│", " ").split())
    same = cartage("orders", "correct", "AB-7", "--set", "city=Troy", "--reason", "x", "--by", "ann")
    assert "Nothing was changed" in same.stderr
