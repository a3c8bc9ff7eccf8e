"""Reports tell the warehouses of a lane apart: each figure is compared with the journals of both warehouses."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from cartage.errors import LedgerError
from cartage.reports.counts import Counts
from cartage.reports.figures import Report, WarehouseFigures, read_report
from cartage.reports.histogram import Span
from cartage.reports.period import Period
from cartage.reports.rollup import rebuild_reports, refresh_reports
from cartage.reports.tables import tables_of
from tests.contract.divided import TO_MAINE, by_line, order_of, parts_of, ship_reference
from tests.contract.two_warehouses import EAST, WEST, TwoWarehouses
from tests.contract.world import CANCEL, ORDERS_STAGES, SHIPMENT_STAGES, SHIPPED, STORE_ZONE

TO_CALIFORNIA = {
    "ShipmentState": "CA",
    "ShipmentZipCode": "94105",
    "ShipmentCity": "San Francisco",
    "ShipmentCountry": "US",
}
LABELS = {EAST: f"demo · {EAST}", WEST: f"demo · {WEST}"}


def report(two: TwoWarehouses, warehouse: str = "", *, days: int = 7) -> Report:
    """Refresh the figures and read them; with a warehouse those of it alone."""
    refresh_reports(two.ledger, [two.lane])
    return present(two, warehouse, days=days)


def present(two: TwoWarehouses, warehouse: str = "", *, days: int = 7) -> Report:
    now = datetime.now(UTC)
    period = Period.last(days, now.astimezone(STORE_ZONE).date())
    with two.ledger.begin() as connection:
        return read_report(connection, [two.lane.at(warehouse) if warehouse else two.lane], period, now)


def by_warehouse(found: Report) -> dict[str, WarehouseFigures]:
    return {figures.warehouse: figures for figures in found.warehouses}


def journals(two: TwoWarehouses, kind: str) -> dict[str, list[dict[str, Any]]]:
    """Return the entries of a kind, by warehouse."""
    journals = {EAST: two.shop.warehouse.journal, WEST: two.west.warehouse.journal}
    return {name: [dict(each) for each in journal.entries(kind)] for name, journal in journals.items()}


def by_day(entries: list[dict[str, Any]]) -> Counter[date]:
    return Counter(datetime.fromisoformat(entry["at"]).astimezone(STORE_ZONE).date() for entry in entries)


def placed(two: TwoWarehouses, address: dict[str, str]) -> int:
    two.put_in_both("MUG")
    order_id = two.order_for("MUG")
    two.amend(order_id, shipment=address)
    return order_id


@pytest.fixture
def coasts(two: TwoWarehouses) -> TwoWarehouses:
    """Three orders in the west, of which one has shipped, and two in the east, of which both have."""
    orders: dict[str, list[int]] = {"CA": [], "ME": []}
    for address in (TO_CALIFORNIA, TO_MAINE, TO_CALIFORNIA, TO_MAINE, TO_CALIFORNIA):
        orders[address["ShipmentState"]].append(placed(two, address))
    two.go(*ORDERS_STAGES)
    assert two.west_ships(orders["CA"][0])
    for order_id in orders["ME"]:
        assert two.ship(order_id)
    two.go(*SHIPMENT_STAGES)
    return two


@pytest.fixture
def divided(two: TwoWarehouses) -> TwoWarehouses:
    """Mugs go west, all else east; both know all items."""
    two.put_in_both("MUG", "PAN")
    two.settings["routing"] = by_line()
    return two


def test_each_warehouse_has_what_its_own_journal_has(coasts: TwoWarehouses) -> None:
    found = report(coasts)
    created, shipped = journals(coasts, "order.created"), journals(coasts, "order.shipped")
    assert {name: len(entries) for name, entries in created.items()} == {EAST: 2, WEST: 3}
    figures = by_warehouse(found)
    assert list(figures) == [EAST, WEST]
    for name, found_there in figures.items():
        counts = found_there.counts
        assert (counts.placed, counts.sent) == (len(created[name]), len(created[name]))
        assert counts.shipped == counts.posted == len(shipped[name]) > 0
        orders = {
            group.name: group.times.orders for group in found.times_by(Span.SENT_TO_SHIPPED, "warehouse")
        }
        assert orders == {LABELS[each]: len(entries) for each, entries in shipped.items()}
    assert found.total.sent == sum(map(len, created.values())) == 5
    assert found.total.shipped == sum(map(len, shipped.values())) == 3
    assert found.by_lane == {"demo": found.total}


@pytest.mark.parametrize("warehouse", [EAST, WEST])
def test_the_report_of_one_warehouse_has_its_days_alone(coasts: TwoWarehouses, warehouse: str) -> None:
    found = report(coasts, warehouse)
    created = journals(coasts, "order.created")[warehouse]
    shipped = journals(coasts, "order.shipped")[warehouse]
    assert {day: counts.sent for day, counts in found.days.items() if counts.sent} == by_day(created) != {}
    assert {day: counts.shipped for day, counts in found.days.items() if counts.shipped} == by_day(shipped)
    assert found.by_lane == {LABELS[warehouse]: found.total}
    assert found.warehouses == ()
    for by in ("all", "lane", "warehouse"):
        [times] = found.times_by(Span.PLACED_TO_SENT, by)
        assert (times.name, times.times.orders) == ("" if by == "all" else LABELS[warehouse], len(created))


def test_a_year_of_one_warehouse_is_read_from_its_months(coasts: TwoWarehouses) -> None:
    coasts.execute("UPDATE sales_order SET ordered_at = ordered_at - interval '65 days'")
    coasts.execute("UPDATE event SET at = at - interval '64 days' WHERE to_state = 'acknowledged'")
    rebuild_reports(coasts.ledger, [coasts.lane])
    created = {name: len(entries) for name, entries in journals(coasts, "order.created").items()}
    found = present(coasts, days=180)
    assert {name: each.counts.sent for name, each in by_warehouse(found).items()} == created
    assert found.total.sent == sum(created.values())
    for name, count in created.items():
        alone = present(coasts, name, days=180)
        assert (alone.total.sent, alone.total.placed) == (count, count)
        [times] = alone.times_by(Span.PLACED_TO_SENT, "warehouse")
        assert times.times.orders == count


def test_an_order_of_two_warehouses_counts_once_for_its_lane_when_all_of_it_is_done(
    divided: TwoWarehouses,
) -> None:
    order_id = order_of(divided, MUG=2, PAN=1)
    divided.go(*ORDERS_STAGES)
    parts = {part.warehouse: part for part in parts_of(divided, order_id)}
    assert set(parts) == {EAST, WEST}
    found = report(divided)
    once = Counts(placed=1, sent=1)
    assert found.total == once
    assert {name: each.counts for name, each in by_warehouse(found).items()} == {EAST: once, WEST: once}
    assert sum(map(len, journals(divided, "order.created").values())) == 2

    ship_reference(divided, WEST, parts[WEST].reference)
    divided.go(*SHIPMENT_STAGES)
    found = report(divided)
    assert (found.total.shipped, found.total.posted) == (0, 0)
    assert by_warehouse(found)[WEST].counts == Counts(placed=1, sent=1, shipped=1, posted=1)
    assert by_warehouse(found)[EAST].counts == once

    # It left the west a day before the east.
    divided.execute(
        "UPDATE shipment SET shipped_at = shipped_at - interval '1 day', checked_at = clock_timestamp()"
    )
    ship_reference(divided, EAST, parts[EAST].reference)
    divided.go(*SHIPMENT_STAGES)
    found = report(divided)
    in_store = [
        entry
        for entry in divided.shop.store.journal.entries("order.status")
        if entry["detail"]["to"] == SHIPPED
    ]
    assert len(in_store) == 1
    assert found.total == Counts(placed=1, sent=1, shipped=1, posted=1, partly=1, split=1)
    today = datetime.now(UTC).astimezone(STORE_ZONE).date()
    assert {day for day, counts in found.days.items() if counts.shipped} == {today}
    for name, entries in journals(divided, "order.shipped").items():
        assert by_warehouse(found)[name].counts.shipped == len(entries) == 1
    [times] = found.times_by(Span.SENT_TO_SHIPPED, "all")
    assert times.times.orders == 1
    assert [group.times.orders for group in found.times_by(Span.SENT_TO_SHIPPED, "warehouse")] == [1, 1]
    kept = (found.days, found.by_lane, found.warehouses, found.times)
    rebuild_reports(divided.ledger, [divided.lane])
    again = present(divided)
    assert (again.days, again.by_lane, again.warehouses, again.times) == kept


def test_an_order_counts_as_divided_only_while_it_is(divided: TwoWarehouses) -> None:
    order_id = order_of(divided, MUG=2, PAN=1)
    divided.go("import_orders", "validate_mappings")
    assert len(parts_of(divided, order_id)) == 2
    report(divided)
    rows = divided.rows("SELECT of_lane, of_warehouse FROM report_order ORDER BY of_warehouse, warehouse")
    assert [tuple(row) for row in rows] == [(True, False), (False, True), (False, True)]
    divided.settings["routing"] = [{"name": "all", "to": EAST}]
    divided.execute("UPDATE sales_order SET read_at = read_at - interval '1 day'")
    divided.go("import_orders", "validate_mappings")
    assert [part.warehouse for part in parts_of(divided, order_id)] == [EAST]
    found = report(divided)
    assert found.total == Counts(placed=1)
    figures = by_warehouse(found)
    assert {name: each.counts.placed for name, each in figures.items()} == {EAST: 1, WEST: 0}
    assert not divided.rows(
        "SELECT FROM report_order WHERE NOT of_warehouse OR NOT of_lane AND warehouse <> ''"
    )


def test_a_part_that_was_cancelled_keeps_the_order_from_counting_no_longer(divided: TwoWarehouses) -> None:
    order_id = order_of(divided, MUG=2, PAN=1)
    divided.go(*ORDERS_STAGES)
    parts = {part.warehouse: part for part in parts_of(divided, order_id)}
    ship_reference(divided, EAST, parts[EAST].reference)
    divided.go(*SHIPMENT_STAGES)
    assert report(divided).total.shipped == 0
    floor = divided.west.warehouse.desk
    with divided.west.warehouse.state.lock:
        floor.cancel(divided.west.warehouse.state.with_reference(parts[WEST].reference)[0])
    divided.go(*ORDERS_STAGES, *SHIPMENT_STAGES)
    states = {part.warehouse: part.state for part in parts_of(divided, order_id)}
    assert states[WEST] == "cancelled"
    found = report(divided)
    assert (found.total.shipped, found.total.cancelled) == (1, 0)
    assert by_warehouse(found)[WEST].counts.cancelled_after == len(journals(divided, "order.cancelled")[WEST])


_EVERY_DAY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def test_each_warehouse_promises_by_its_own_working_days(divided: TwoWarehouses) -> None:
    slow = {**divided.settings["warehouses"][WEST], "promise": {"days": _EVERY_DAY, "days_after": 3}}
    divided.settings["warehouses"] = {**divided.settings["warehouses"], WEST: slow}
    divided.settings["reports"] = {"promise": {"cutoff": "24:00", "days": _EVERY_DAY}}
    both = order_of(divided, MUG=1, PAN=1)
    divided.go(*ORDERS_STAGES)
    for part in parts_of(divided, both):
        ship_reference(divided, part.warehouse, part.reference)
    divided.go(*SHIPMENT_STAGES)
    divided.execute("UPDATE sales_order SET ordered_at = ordered_at - interval '2 days'")
    rebuild_reports(divided.ledger, [divided.lane])
    soon = datetime.now(UTC) + timedelta(days=9)
    with divided.ledger.begin() as connection:
        period = Period.last(20, soon.astimezone(STORE_ZONE).date())
        found = read_report(connection, [divided.lane], period, soon)
    figures = by_warehouse(found)
    # It left two days late for the east, and in time for the west; so the order as a whole was not in time.
    assert (figures[EAST].counts.due, figures[EAST].counts.kept) == (1, 0)
    assert (figures[WEST].counts.due, figures[WEST].counts.kept) == (1, 1)
    assert (found.total.due, found.total.kept) == (1, 0)
    days = {day for day, counts in found.days.items() if counts.due}
    [promised] = divided.rows("SELECT max(due_on) AS due_on FROM report_order WHERE warehouse = 'west'")
    assert days == {promised.due_on}, "the last of the promises"
    assert "kept_share" in {table.name: table for table in tables_of(found)}["warehouses"].names


def test_exceptions_and_causes_are_those_of_the_warehouse(coasts: TwoWarehouses) -> None:
    [order_id] = [
        order
        for order, name in coasts.at().items()
        if name == WEST and coasts.state_of(order) == ["acknowledged"]
    ][:1]
    coasts.shop.store.edit(order_id, OrderStatusID=CANCEL)
    coasts.execute("UPDATE lane_state SET watched_to = clock_timestamp() - interval '1 day'")
    blocked = placed(coasts, TO_MAINE)
    coasts.amend(blocked, line={"ItemID": "NOBODY-HAS-IT"})
    coasts.go(*ORDERS_STAGES)
    found = report(coasts)
    assert {name: each.exceptions for name, each in by_warehouse(found).items()} == {EAST: 0, WEST: 1}
    assert [each.exceptions for each in found.exceptions] == [1]
    assert [each.exceptions for each in report(coasts, WEST).exceptions] == [1]
    assert report(coasts, EAST).exceptions == ()
    assert [cause.orders for cause in report(coasts, EAST).causes] == [1]
    assert report(coasts, WEST).causes == ()


def test_figures_follow_warehouses_that_exchange_their_names(coasts: TwoWarehouses) -> None:
    before = {name: each.counts for name, each in by_warehouse(report(coasts)).items()}
    assert before[EAST] != before[WEST]
    own = coasts.settings["warehouses"]
    coasts.settings = {**coasts.settings, "warehouses": {EAST: own[WEST], WEST: own[EAST]}}
    with pytest.raises(LedgerError, match="exchanged their names"):
        coasts.go("poll_tracking")
    after = {name: each.counts for name, each in by_warehouse(report(coasts)).items()}
    assert after == {EAST: before[WEST], WEST: before[EAST]}


def test_a_lane_that_gets_a_second_warehouse_is_counted_again(coasts: TwoWarehouses) -> None:
    """As a ledger that was counted before reports knew warehouses."""
    wanted = by_warehouse(report(coasts))
    coasts.execute("DELETE FROM report_day WHERE warehouse <> ''")
    coasts.execute("DELETE FROM report_month WHERE warehouse <> ''")
    coasts.execute("UPDATE report_order SET warehouse = ''")
    coasts.execute("UPDATE report_lane SET rules = 'of one warehouse'")
    assert {each.counts for each in present(coasts).warehouses} == {Counts()}
    assert by_warehouse(report(coasts)) == wanted
