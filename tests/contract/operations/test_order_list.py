"""The list of orders on a real ledger: filters, sorting, pages and searches, compared with the same over plain rows."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, text

from cartage.errors import LedgerError
from cartage.model.states import State
from cartage.operations.repo import order_pages, order_sources
from cartage.operations.repo.order_search import search_orders
from cartage.operations.repo.saved_views import delete_view, save_view, saved_views
from cartage.operations.views.order_list import Filter, Sort, order_ids, order_page
from tests.contract.rows import Rows

LANES = ("east", "north", "west")
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
STATES = ("ready", "shipped", "shipped", "blocked", "shipped", "acknowledged", "shipped")


@dataclass(frozen=True)
class Plain:
    """An order as the test added it."""

    id: int
    lane: str
    state: str
    imported: datetime
    placed: datetime
    amount: Decimal
    country: str
    method: str
    sku: str
    carrier: str


@pytest.fixture
def plain(rows: Rows) -> list[Plain]:
    """Add 180 orders over three lanes whose fields repeat at different paces."""
    found = []
    for number in range(180):
        lane = LANES[number % 3]
        placed = NOON - timedelta(minutes=number * 7 % 180)
        amount = Decimal(number * 11 % 40)
        sales_order = rows.sales_order(
            lane=lane, ordered_at=placed, amount=amount, invoice=f"AB-{1000 + number}"
        )
        order = Plain(
            0,
            lane,
            STATES[number % 7],
            NOON + timedelta(minutes=number // 2),
            placed,
            amount,
            "CA" if number % 5 == 0 else "US",
            "FedEx 2Day" if number % 4 == 0 else "UPS Ground",
            f"MUG-{number % 6}",
            "FedEx" if number % 9 == 0 else "UPS",
        )
        row = rows.order(
            order.state,
            lane=lane,
            sales_order_id=sales_order,
            created_at=order.imported,
            ship_method=order.method,
            ship_to=json.dumps({"name": f"Ann {number}", "country": order.country}),
            cause_ids=[3 + number % 2] if order.state == "blocked" else [],
            request="{}",
        )
        line = {"fulfillment_order_id": row, "position": 0, "line_id": 1, "quantity": 1, "description": ""}
        rows.add("fulfillment_line", **line, sku=order.sku)
        parcel = {"remote_id": "9", "reference": "R", "voided": False, "final": True, "lane": lane}
        shipment = rows.add("shipment", **parcel, key=str(number), fulfillment_order_id=row)
        box = {"key": "1", "position": 0, "service": "", "contents": "[]", "tracking": f"1Z{number:05}"}
        rows.add("package", **box, shipment_id=shipment, carrier=order.carrier)
        found.append(replace(order, id=row))
    return found


def expected(plain: list[Plain], wanted: Filter) -> list[int]:
    days = wanted.days()
    kept = [
        order
        for order in plain
        if order.lane in wanted.lanes
        and (not wanted.states or order.state in wanted.states)
        and (not wanted.country or order.country == wanted.country.upper())
        and (wanted.least is None or order.amount >= wanted.least)
        and (wanted.most is None or order.amount <= wanted.most)
        and (not wanted.ship_method or wanted.ship_method.lower() in order.method.lower())
        and (not wanted.sku or order.sku == wanted.sku)
        and (not wanted.carrier or wanted.carrier.lower() in order.carrier.lower())
        and (wanted.cause is None or (order.state == "blocked" and order.id in BLOCKED_BY[wanted.cause]))
        and days["since"] <= order.imported < days["until"]
    ]
    keys: dict[Sort, Any] = {
        Sort.IMPORTED: lambda order: (order.imported, order.id),
        Sort.PLACED: lambda order: (order.placed, order.id),
        Sort.AMOUNT: lambda order: (order.amount, order.id),
        Sort.STATE: lambda order: (order.state, order.id),
    }
    return [order.id for order in sorted(kept, key=keys[wanted.sort], reverse=not wanted.up)]


BLOCKED_BY: dict[int, set[int]] = {}

FILTERS: tuple[dict[str, Any], ...] = (
    {},
    {"states": (State.SHIPPED,)},
    {"states": (State.BLOCKED, State.ACKNOWLEDGED)},
    {"country": "ca"},
    {"least": Decimal(10), "most": Decimal(20)},
    {"least": Decimal(39)},
    {"most": Decimal(3)},
    {"ship_method": "fedex", "states": (State.SHIPPED,)},
    {"ship_method": "e"},
    {"ship_method": "no such method"},
    {"sku": "MUG-3"},
    {"carrier": "fedex", "country": "US"},
    {"carrier": "UPS"},
    {"until": date(2026, 11, 19)},
    {"since": date(2026, 11, 20), "until": date(2026, 11, 20), "states": (State.SHIPPED,)},
    {"since": date(2026, 11, 21)},
    {"cause": 3},
)


@pytest.mark.parametrize("few", [0, 5_000], ids=["walked", "read at once"])
@pytest.mark.parametrize("sort", Sort)
def test_pages_hold_every_order_of_a_filter_once_in_its_order(
    connection: Connection,
    rows: Rows,
    plain: list[Plain],
    monkeypatch: pytest.MonkeyPatch,
    sort: Sort,
    few: int,
) -> None:
    monkeypatch.setattr(order_sources, "FEW", few)
    monkeypatch.setattr(order_pages, "_LOOKED_AT", 36)
    monkeypatch.setattr(order_pages, "_LOOKED_AT_CLOSELY", 36)
    for cause in (3, 4):
        found = rows.connection.execute(
            text("SELECT id FROM fulfillment_order WHERE :cause = ANY(cause_ids)"), {"cause": cause}
        )
        BLOCKED_BY[cause] = set(found.scalars())
    for filters in FILTERS:
        for lanes in (LANES, ("north",)):
            for up in (False, True):
                wanted = Filter(lanes, sort=sort, up=up, **filters)
                listed: list[int] = []
                page = order_page(connection, wanted, size=7)
                while True:
                    assert page.complete or page.then, "a page that stops early says where to go on"
                    listed += [order.id for order in page.orders]
                    if page.then is None:
                        break
                    page = order_page(connection, wanted, after=page.then, size=7)
                assert listed == expected(plain, wanted), wanted


def test_a_page_looks_at_a_bounded_number_of_orders_and_says_where_it_stopped(
    connection: Connection, plain: list[Plain], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_pages, "_LOOKED_AT", 30)
    monkeypatch.setattr(order_sources, "FEW", 0)
    wanted = Filter(LANES, least=Decimal(39), most=Decimal(39))
    page = order_page(connection, wanted, size=2)
    assert not page.complete
    assert page.then is not None
    assert len(page.orders) <= 2
    assert set(order_ids(connection, wanted, most=100)) == set(expected(plain, wanted))


def test_a_lane_is_walked_as_far_as_its_share_of_the_orders_says(
    connection: Connection, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_pages, "_LOOKED_AT", 60)
    monkeypatch.setattr(order_sources, "FEW", 0)
    newest_first = [
        rows.order(
            "shipped",
            lane="east" if number % 9 else LANES[1 + number % 2],
            created_at=NOON - timedelta(minutes=number),
        )
        for number in range(90)
    ]
    connection.execute(text("ANALYZE fulfillment_order"))
    page = order_page(connection, Filter(LANES), size=40)
    assert [order.id for order in page.orders] == newest_first[:40], (
        "of equally many orders of each lane, not all of these are newer than the oldest of the largest lane"
    )


def test_a_list_by_amount_looks_at_a_bounded_number_of_orders_for_those_of_a_day(
    connection: Connection, rows: Rows, plain: list[Plain], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_pages, "_LOOKED_AT", 30)
    monkeypatch.setattr(order_sources, "FEW", 0)
    smallest = min(order.amount for order in plain) - 1
    sales_order = rows.sales_order(lane="east", amount=smallest)
    only = rows.order(lane="east", sales_order_id=sales_order, created_at=NOON + timedelta(days=1))
    wanted = Filter(LANES, since=date(2026, 11, 21), sort=Sort.AMOUNT)
    page = order_page(connection, wanted, size=2)
    assert (page.orders, page.complete) == ((), False), "every other order comes before it"
    assert page.then is not None
    assert order_ids(connection, wanted, most=2) == (only,)


@pytest.mark.parametrize("few", [0, 5_000], ids=["walked", "read at once"])
def test_orders_that_are_in_their_state_for_long_came_before(
    connection: Connection, rows: Rows, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(order_sources, "FEW", few)
    now = datetime.now(UTC)
    young = rows.order("ready", created_at=now - timedelta(hours=1), state_since=now - timedelta(hours=1))
    moved = rows.order("ready", created_at=now - timedelta(days=9), state_since=now - timedelta(hours=1))
    old = rows.order("ready", created_at=now - timedelta(days=9), state_since=now - timedelta(days=3))
    found = order_page(connection, Filter(("east",), older_than=timedelta(days=2)), size=5)
    assert [order.id for order in found.orders] == [old]
    found = order_page(connection, Filter(("east",), older_than=timedelta(minutes=30)), size=5)
    assert {order.id for order in found.orders} == {young, moved, old}


@pytest.mark.parametrize("most", [1_000, 2], ids=["few methods", "many methods"])
def test_a_rare_ship_method_is_found_by_its_index(
    connection: Connection, rows: Rows, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(order_sources, "_MOST_TEXTS", most)
    for name in ("UPS Ground", "UPS Air", "FedEx", "USPS"):
        rows.order("ready", ship_method=name)
    rare = rows.order("ready", ship_method="White Glove delivery")
    found = order_sources.few_orders(connection, {"lanes": ["east"], "ship_method": "GLOVE"})
    assert found == ([rare] if most == 1_000 else None)


@pytest.mark.parametrize(
    "after", ["", "x", "~5", "2026~5", "1_0~5", "2026-11-20T12:00:00+00:00~99999999999999999999", "'; --~1"]
)
def test_a_place_that_is_none_begins_at_the_beginning(
    connection: Connection, plain: list[Plain], after: str
) -> None:
    found = order_page(connection, Filter(LANES), after=after, size=5)
    assert [order.id for order in found.orders] == expected(plain, Filter(LANES))[:5]


@pytest.fixture
def named(rows: Rows) -> dict[str, int]:
    """Add orders with names and e-mail addresses; return their ids by name."""
    found = {}
    for lane, name, email in (
        ("east", "José Núñez-García", "jose@example.com"),
        ("east", "Anna Lee", "anna.lee@shop.example"),
        ("west", "Ann Leeson", "ann@other.example"),
        ("west", "李伟", "li@example.cn"),
        ("west", "Иван Петров", "ivan@example.ru"),
        ("west", "100% Cotton_Ltd", "c@example.com"),
    ):
        groups = [{"shipment_id": 0, "ship_to": {"name": name, "company": "", "email": ""}}]
        document = json.dumps({"email": email, "groups": groups})
        sales_order = rows.sales_order(lane=lane, document=document)
        found[name] = rows.order(lane=lane, sales_order_id=sales_order)
    return found


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ("jose nunez", {"José Núñez-García"}),
        ("GARCÍA", {"José Núñez-García"}),
        ("lee", {"Anna Lee", "Ann Leeson"}),
        ("  anna   lee ", {"Anna Lee"}),
        ("lee@shop", {"Anna Lee"}),
        ("an", {"Anna Lee", "Ann Leeson"}),
        ("李伟", {"李伟"}),
        ("Петров", {"Иван Петров"}),
        ("100%", {"100% Cotton_Ltd"}),
        ("n_l", {"100% Cotton_Ltd"}),
        ("%%%", set()),
        ("___", set()),
        ("eel", set()),
    ],
)
def test_names_and_addresses_are_found_in_part_without_case_and_accents(
    connection: Connection, named: dict[str, int], wanted: str, names: set[str]
) -> None:
    found = search_orders(connection, wanted, LANES, LANES)
    assert {name for name, order in named.items() if order in found.ids} == names


def test_names_are_searched_for_only_where_the_caller_says_so(
    connection: Connection, named: dict[str, int]
) -> None:
    assert search_orders(connection, "lee", LANES, ["west"]).ids == (named["Ann Leeson"],)
    assert search_orders(connection, "lee", LANES, []).ids == ()
    assert search_orders(connection, "lee", ["east"], LANES).ids == (named["Anna Lee"],)


def test_a_frequent_name_finds_the_newest_and_says_that_there_are_more(
    connection: Connection, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cartage.operations.repo.order_search._FREQUENT", 3)
    document = json.dumps({"email": "ann@example.com"})
    orders = [rows.order(sales_order_id=rows.sales_order(document=document)) for _ in range(5)]
    found = search_orders(connection, "ann@", ["east"], ["east"])
    assert found.more
    assert set(found.ids) <= set(orders)
    assert len(found.ids) >= 3


def test_what_retention_empties_is_found_no_more(
    connection: Connection, rows: Rows, named: dict[str, int]
) -> None:
    rows.connection.execute(text("UPDATE sales_order SET document = '{}'"))
    assert search_orders(connection, "lee", LANES, LANES).ids == ()


def test_the_index_finds_parts_of_names(connection: Connection, rows: Rows, named: dict[str, int]) -> None:
    rows.connection.execute(text("ANALYZE sales_order"))
    statement = """
        EXPLAIN SELECT id FROM sales_order
        WHERE search_grams(search_text(document)) @> search_grams('núñez') AND search_text(document) LIKE '%x%'
    """
    connection.execute(text("SET LOCAL enable_seqscan = off"))
    plan = "\n".join(connection.execute(text(statement)).scalars())
    assert "sales_order_search_idx" in plan


def test_views_are_their_owners_and_shared_ones_everybodys(connection: Connection) -> None:
    save_view(connection, "ann", " Late   ones ", {"older": ["48"]}, shared=False)
    save_view(connection, "bob", "Canada", {"country": ["CA"]}, shared=True)
    save_view(connection, "bob", "Canada", {"country": ["CA"], "state": ["ready", "held"]}, shared=True)
    own, others = saved_views(connection, "ann")
    assert (own.name, own.query, own.shared) == ("Late ones", {"older": ["48"]}, False)
    assert (others.owner, others.query["state"]) == ("bob", ["ready", "held"])
    assert [view.name for view in saved_views(connection, "bob")] == ["Canada"]
    with pytest.raises(LedgerError, match="no such view"):
        delete_view(connection, "ann", others.id)
    delete_view(connection, "bob", others.id)
    assert [view.name for view in saved_views(connection, "ann")] == ["Late ones"]
    for name in ("", "  ", "x" * 61):
        with pytest.raises(LedgerError, match="needs a name"):
            save_view(connection, "ann", name, {}, shared=False)
    for number in range(49):
        save_view(connection, "ann", f"view {number}", {}, shared=False)
    with pytest.raises(LedgerError, match="Delete one"):
        save_view(connection, "ann", "one more", {}, shared=False)
