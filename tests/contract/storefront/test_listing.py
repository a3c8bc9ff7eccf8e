"""Lists against the emulated store: pages, filters, and orders that change during the list."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from cartage.model.orders import SalesOrder
from cartage.storefront import NotAnOrder, OrderQuery, Unreadable, translate_order
from tests.contract.storefront.world import LIST, ZONE, ids_of

if TYPE_CHECKING:
    from tests.contract.storefront.world import World

NEW = OrderQuery(ZONE, status=1)


@pytest.mark.parametrize("number", [0, 1, 10, 299, 300, 301, 650])
def test_every_order_is_listed_once_in_ascending_order(world: World, number: int) -> None:
    ids = world.place(number)
    assert world.listed() == ids


def test_an_empty_list_costs_one_call(world: World) -> None:
    assert world.listed() == []
    assert len(world.requests()) == 1


@pytest.mark.parametrize("body", ["empty", "result"])
def test_nothing_found_is_an_empty_list(open_world: Callable[..., World], body: str) -> None:
    world = open_world(not_found_body=body)
    assert world.listed() == []
    assert world.client.count_orders(NEW) == 0
    assert world.client.get_order(4711) is None


def test_an_error_inside_a_success_is_an_empty_list_too(open_world: Callable[..., World]) -> None:
    world = open_world(errors_as_200=True)
    assert world.listed() == []
    assert world.client.get_order(4711) is None
    ids = world.place(300)
    assert world.listed() == ids


def test_a_page_is_requested_only_on_demand(world: World) -> None:
    world.place(900)
    pages = world.client.list_orders(NEW)
    next(pages)
    assert len(world.requests()) == 1


def test_memory_does_not_grow_with_the_list(world: World) -> None:
    """Only the current page is in memory."""
    world.place(1200)
    alive: list[weakref.ref[Any]] = []

    class Held(list[Any]):
        pass

    for page in world.client.list_orders(NEW):
        held = Held(page.entries)
        alive.append(weakref.ref(held))
        del held, page
        gc.collect()
        assert not any(reference() for reference in alive)


def test_orders_that_leave_the_filter_between_pages_hide_no_other_order(world: World) -> None:
    ids = world.place(950)
    for nth, gone in ((2, ids[:250]), (6, ids[250:300])):
        world.intervene(
            route=LIST,
            nth=nth,
            edits=[{"order_id": order_id, "changes": {"OrderStatusID": 2}} for order_id in gone],
        )
    assert world.listed(NEW) == ids


def test_a_list_that_shrinks_below_the_offset_is_read_to_its_end(world: World) -> None:
    ids = world.place(450)
    world.intervene(
        route=LIST, nth=2, edits=[{"order_id": id_, "changes": {"OrderStatusID": 2}} for id_ in ids[:300]]
    )
    assert world.listed(NEW) == ids


def test_orders_that_arrive_between_pages_repeat_no_order(world: World) -> None:
    ids = world.place(610, OrderStatusID=1)
    world.intervene(route=LIST, nth=2, place=[{}, {}, {}])
    listed = world.listed(NEW)
    assert listed[: len(ids)] == ids
    assert len(listed) == len(set(listed)) == 613


def test_an_interrupted_list_resumes_after_the_last_order_not_at_an_offset(world: World) -> None:
    ids = world.place(900)
    pages = world.client.list_orders(NEW)
    first = next(pages)
    for id_ in ids[:200]:
        world.emulator.edit(id_, OrderStatusID=2)
    assert [*ids_of(first.entries), *world.listed(NEW, after_id=first.last_id)] == ids


@pytest.mark.parametrize("cap", [100, 250])
def test_a_store_that_caps_pages_silently_hides_no_order(open_world: Callable[..., World], cap: int) -> None:
    world = open_world(orders_page_max=cap)
    ids = world.place(620)
    assert world.listed() == ids


def test_lists_include_abandoned_carts_with_their_status(world: World) -> None:
    cart, order = world.emulator.place([{"OrderStatusID": 7}, {"OrderStatusID": 1}])
    entries = [entry for page in world.client.list_orders(OrderQuery(ZONE)) for entry in page.entries]
    found = [translate_order(entry, ZONE) for entry in entries]
    assert [(order.order_id, order.status_id) for order in found if isinstance(order, SalesOrder)] == [
        (cart, 7),
        (order, 1),
    ]
    assert world.listed(NEW) == [order]


def test_a_cart_that_becomes_an_order_late_is_found_by_its_low_id(world: World) -> None:
    cart, *_ = world.emulator.place([{"OrderStatusID": 7}, {}, {}])
    world.emulator.edit(cart, OrderStatusID=1, OrderDate="2026-03-02T08:00:00")
    assert cart in world.listed(NEW)


@pytest.mark.parametrize(
    "entries",
    [
        [None, "text", [], 5, {}],
        [{"OrderID": None, "OrderStatusID": 1}],
    ],
)
def test_entries_that_are_not_orders_are_yielded_and_hide_no_order(world: World, entries: list[Any]) -> None:
    first = world.place(1)
    world.emulator.place(entries, raw=True)
    last = world.place(1)
    listed = world.listed()
    assert [order_id for order_id in listed if order_id in (*first, *last)] == [*first, *last]
    pages = world.client.list_orders(OrderQuery(ZONE))
    found = [translate_order(entry, ZONE) for page in pages for entry in page.entries]
    assert sum(isinstance(entry, Unreadable) for entry in found) >= 1
    assert sum(isinstance(entry, SalesOrder) for entry in found) >= 2


def test_nothing_of_an_entry_that_is_not_an_object_is_kept(world: World) -> None:
    world.emulator.place(["4111 1111 1111 1111"], raw=True)
    (page,) = world.client.list_orders(OrderQuery(ZONE))
    assert page.entries == (NotAnOrder("a text"),)


def test_null_lists_inside_an_order_are_accepted(world: World) -> None:
    world.emulator.place(
        [{"OrderItemList": None, "QuestionList": None, "TransactionList": None, "PromotionList": None}]
    )
    (page,) = world.client.list_orders(OrderQuery(ZONE))
    order = translate_order(page.entries[0], ZONE)
    assert isinstance(order, SalesOrder)
    assert [group.lines for group in order.groups] == [()]


def test_a_window_finds_the_orders_placed_in_it(world: World) -> None:
    placed = {
        minute: world.emulator.place([{"OrderDate": f"2026-03-02T09:{minute:02}:00"}])[0]
        for minute in (0, 4, 5, 6, 10)
    }
    start = datetime(2026, 3, 2, 14, 5, tzinfo=UTC)
    listed = world.listed(OrderQuery(ZONE, ordered_from=start, ordered_to=start + timedelta(minutes=4)))
    assert listed == [placed[5], placed[6]]


@pytest.mark.parametrize("hour", [5, 6])
def test_a_window_in_the_repeated_hour_finds_every_order_that_may_belong_to_it(
    open_world: Callable[..., World], hour: int
) -> None:
    """01:00 to 02:00 on 2026-11-01 occurs twice in New York; the store says only 01:10 or 01:50."""
    world = open_world(store_time_zone="America/New_York")
    ids = world.emulator.place([{"OrderDate": "2026-11-01T01:10:00"}, {"OrderDate": "2026-11-01T01:50:00"}])
    start = datetime(2026, 11, 1, hour, 5, tzinfo=UTC)
    assert world.listed(OrderQuery(ZONE, ordered_from=start, ordered_to=start + timedelta(minutes=50))) == ids
    across = OrderQuery(
        ZONE,
        ordered_from=datetime(2026, 11, 1, 5, 50, tzinfo=UTC),
        ordered_to=datetime(2026, 11, 1, 6, 10, tzinfo=UTC),
    )
    assert world.listed(across) == ids


@pytest.mark.parametrize("granularity", ["day", "time"])
@pytest.mark.parametrize("end", ["inclusive", "exclusive"])
def test_a_changed_order_is_found_even_if_the_stores_filter_knows_only_days(
    open_world: Callable[..., World], granularity: str, end: str
) -> None:
    world = open_world(lastupdate_granularity=granularity, lastupdateend_day=end)
    changed, _ = world.emulator.place(
        [{"LastUpdate": "2026-03-02T08:57:00"}, {"LastUpdate": "2026-02-20T08:57:00"}]
    )
    now = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
    assert world.listed(OrderQuery(ZONE, updated_from=now - timedelta(minutes=5), updated_to=now)) == [
        changed
    ]


def test_orders_are_counted_without_being_read(world: World) -> None:
    world.place(3)
    world.place(2, OrderStatusID=2)
    assert world.client.count_orders(NEW) == 3
    assert world.client.count_orders(OrderQuery(ZONE)) == 5


def test_a_single_order_is_taken_out_of_its_array(world: World) -> None:
    (order_id,) = world.place(1)
    assert ids_of([world.client.get_order(order_id)]) == [order_id]


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_both_api_versions_are_supported(open_world: Callable[..., World], version: str) -> None:
    world = open_world(version=version)
    assert world.listed() == world.place(0)
    assert all(f"/{version}/" in entry["path"] for entry in world.requests())


def test_a_compressed_response_is_read(open_world: Callable[..., World]) -> None:
    world = open_world(gzip=True)
    assert world.listed() == world.place(0)
    ids = world.place(40)
    assert world.listed() == ids


def test_generated_orders_of_every_kind_are_read_without_losing_one(world: World) -> None:
    world.emulator.generate(400, seed=3, products=40)
    pages = world.client.list_orders(OrderQuery(ZONE))
    found = [translate_order(entry, ZONE) for page in pages for entry in page.entries]
    orders = [entry for entry in found if isinstance(entry, SalesOrder)]
    shown = "".join(map(repr, orders))
    for secret in ("XXXX-XXXX", "CardVerification", "192.0.2."):
        assert secret not in shown
    assert len({order.order_id for order in orders}) == len(orders)
    assert len(found) == 400
