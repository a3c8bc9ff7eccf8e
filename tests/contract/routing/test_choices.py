"""People choose how orders go on that no warehouse has: many at once, and all of a cause."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import event

from cartage.lifecycle.transitions import By
from cartage.model.orders import RoutingChoice
from cartage.operations.bulk_actions import BulkAction, act_on_orders, offered_actions, preview_action
from cartage.operations.jobs import run_job
from cartage.operations.repo.jobs import JobKind, request_job
from cartage.operations.routing_choices import waiting_batches
from cartage.routing.views.chosen import places_by_choice
from tests.contract.divided import order_of, parts_of, places_of
from tests.contract.routing.test_commands import Cartage, command_line, done
from tests.contract.two_warehouses import EAST, WEST, TwoWarehouses
from tests.contract.world import ORDERS_STAGES

KIM = By("Kim", "test")


@pytest.fixture
def short(two: TwoWarehouses) -> TwoWarehouses:
    """Both warehouses have mugs, and none has pans or tea."""
    two.settings |= {"inventory": {}, "routing": [{"name": "stock", "prefer": [EAST, WEST]}]}
    two.put_in_both("MUG", "PAN", "TEA")
    two.put_in_both("PAN", "TEA", east=0, west=0)
    return two


@pytest.fixture
def cartage(short: TwoWarehouses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cartage:
    return command_line(short, tmp_path, monkeypatch)


def wait_for_stock(two: TwoWarehouses, *orders: dict[str, int]) -> list[int]:
    """Place orders of these units and let a run decide them; return their OrderIDs."""
    placed = [order_of(two, **units) for units in orders]
    two.go("poll_stock", "import_orders", "validate_mappings")
    return placed


def ids_of(two: TwoWarehouses, *orders: int) -> list[int]:
    rows = two.rows(
        "SELECT id FROM fulfillment_order WHERE order_id = ANY(:orders) AND superseded_at IS NULL ORDER BY id",
        orders=list(orders),
    )
    return [row.id for row in rows]


def choices(two: TwoWarehouses) -> dict[int, str]:
    rows = two.rows("SELECT order_id, routing_choice FROM fulfillment_order ORDER BY order_id")
    return {row.order_id: row.routing_choice for row in rows}


def events(two: TwoWarehouses) -> list[tuple[int, str, str]]:
    return [
        (row.order_id, row.actor, row.why)
        for row in two.rows(
            "SELECT f.order_id, e.actor, e.why FROM event e JOIN fulfillment_order f ON f.id = e.fulfillment_order_id "
            "WHERE e.kind = 'routing_chosen' ORDER BY f.order_id, e.id"
        )
    ]


def test_one_choice_for_many_orders_leaves_those_that_cannot_take_it(short: TwoWarehouses) -> None:
    [sent] = wait_for_stock(short, {"MUG": 1})
    short.go(*ORDERS_STAGES)
    first, second, third = wait_for_stock(short, {"MUG": 1, "PAN": 1}, {"MUG": 2, "PAN": 1}, {"PAN": 1})
    ids = ids_of(short, sent, first, second, third)
    assert len(ids) == 4
    short.execute(
        "UPDATE fulfillment_order SET routing_choice = 'split' WHERE order_id = :order_id", order_id=third
    )
    with short.ledger.begin() as connection:
        before = preview_action(connection, [short.lane], [*ids, 999_999], BulkAction.SPLIT)
    assert choices(short)[first] == "", "a preview changes nothing"
    with short.ledger.begin() as connection:
        result = act_on_orders(connection, short.lane, [*ids, 999_999], BulkAction.SPLIT, KIM)
    assert result == before
    assert result.moved == tuple(ids_of(short, first, second))
    assert result.left_words == "1 stays acknowledged, 1 has this choice already"
    assert result.gone == 1
    assert choices(short) == {sent: "", first: "split", second: "split", third: "split"}
    meaning = "send what the warehouses have now; the rest waits"
    assert events(short) == [(first, "Kim", meaning), (second, "Kim", meaning)]
    short.go("validate_mappings")
    assert places_of(short, first) == {EAST: {"MUG": 1}, "": {"PAN": 1}}
    assert places_of(short, second) == {EAST: {"MUG": 2}, "": {"PAN": 1}}


def test_a_choice_is_for_all_unsent_parts_of_the_ship_to(short: TwoWarehouses) -> None:
    [order_id] = wait_for_stock(short, {"MUG": 1, "PAN": 1})
    with short.ledger.begin() as connection:
        act_on_orders(connection, short.lane, ids_of(short, order_id), BulkAction.SPLIT, KIM)
    short.go("validate_mappings")
    parts = ids_of(short, order_id)
    assert len(parts) == 2
    with short.ledger.begin() as connection:
        result = act_on_orders(connection, short.lane, parts[1:], BulkAction.BACKORDER, KIM)
    assert result.moved == tuple(parts[1:])
    assert {row.routing_choice for row in short.rows("SELECT routing_choice FROM fulfillment_order")} == {
        "backorder"
    }
    short.go("validate_mappings")
    assert places_of(short, order_id) == {EAST: {"MUG": 1, "PAN": 1}}


def test_a_lane_with_one_warehouse_is_offered_no_choice_and_takes_none(short: TwoWarehouses) -> None:
    several = short.settings
    [order_id] = wait_for_stock(short, {"PAN": 1})
    short.settings = several | {"warehouse": several["warehouses"][EAST], "routing": []}
    del short.settings["warehouses"]
    assert BulkAction.SPLIT not in offered_actions([short.lane])
    with short.ledger.begin() as connection:
        result = act_on_orders(connection, short.lane, ids_of(short, order_id), BulkAction.SPLIT, KIM)
    assert (result.moved, result.left_words) == ((), "1 is of a lane with one warehouse")


def test_a_preview_says_where_each_order_would_go_in_their_order_by_one_stock(short: TwoWarehouses) -> None:
    short.put_in_both("TEA", east=0, west=3)
    orders = wait_for_stock(short, {"PAN": 1, "TEA": 2}, {"PAN": 1, "TEA": 2}, {"PAN": 2})
    ids = ids_of(short, *orders)
    assert len(ids) == 3
    with short.ledger.begin() as connection:
        found = {
            choice: [places_by_choice(connection, short.lane, ids, choice)[each] for each in ids]
            for choice in RoutingChoice
        }
    assert found == {
        RoutingChoice.WAIT: ["waits", "waits", "waits"],
        RoutingChoice.SPLIT: ["west; the rest waits", "west; the rest waits", "waits"],
        RoutingChoice.BACKORDER: ["east", "east", "east"],
    }
    assert set(choices(short).values()) == {""}


def test_the_statements_do_not_grow_with_the_orders(short: TwoWarehouses) -> None:
    wait_for_stock(short, *({"MUG": 1, "PAN": 1} for _ in range(6)))
    with short.ledger.begin() as connection:
        ids = [order for batch in waiting_batches(connection, short.lane.name) for order in batch]
    assert len(ids) == 6
    counts = []
    for some in (ids[:1], ids[1:]):
        ran: list[str] = []
        with short.ledger.begin() as connection:
            event.listen(connection, "before_cursor_execute", lambda *given, ran=ran: ran.append(given[2]))
            preview_action(connection, [short.lane], some, BulkAction.SPLIT)
            places_by_choice(connection, short.lane, some, RoutingChoice.SPLIT)
            assert len(act_on_orders(connection, short.lane, some, BulkAction.SPLIT, KIM).moved) == len(some)
        counts.append(len(ran))
    assert counts[0] == counts[1] > 3


def test_a_job_chooses_for_all_orders_of_a_cause_and_decides_them_at_once(short: TwoWarehouses) -> None:
    pans = wait_for_stock(short, *({"MUG": 1, "PAN": 1} for _ in range(3)))
    [tea] = wait_for_stock(short, {"MUG": 1, "TEA": 1})
    [cause] = short.rows("SELECT id FROM cause WHERE subject = 'PAN by stock' AND closed_at IS NULL")
    wanted = {"cause": cause.id, "choice": "split"}
    with short.ledger.begin() as connection:
        job = request_job(connection, short.lane.name, JobKind.CHOOSE_ROUTING, "Kim", wanted)
    with closing(short.context("desk_job")) as context:
        assert run_job(context, job)["chosen"] == 3
    for order_id in pans:
        assert places_of(short, order_id) == {EAST: {"MUG": 1}, "": {"PAN": 1}}
        assert {part.state for part in parts_of(short, order_id)} == {"ready", "blocked"}
    assert places_of(short, tea) == {"": {"MUG": 1, "TEA": 1}}, "another cause is left alone"
    assert [(order, actor) for order, actor, _ in events(short)] == [(order, "Kim") for order in pans]


def test_the_command_takes_several_orders_and_names_those_that_stay(
    short: TwoWarehouses, cartage: Cartage
) -> None:
    first, second = wait_for_stock(short, {"MUG": 1, "PAN": 1}, {"PAN": 1})
    result = cartage("routing", "choose", first, "A99_nobody", second, "split", "--by", "Kim", "--json")
    assert result.exit_code == 1, "one of the numbers is of no order"
    document = json.loads(result.stdout)
    assert [row["reference"] for row in document["chosen"]] == [
        short.reference_of(order) for order in (first, second)
    ]
    [left] = document["left"]
    assert left["reference"] == "A99_nobody"
    assert "no order 'A99_nobody'" in left["why"]
    again = cartage("routing", "choose", first, second, "split", "--by", "Kim")
    assert again.exit_code == 1
    assert "No order can take it." in again.output
    assert again.output.count("has this choice already") == 2


def test_the_command_takes_all_that_wait_or_those_of_a_cause(short: TwoWarehouses, cartage: Cartage) -> None:
    pan, both, tea = wait_for_stock(short, {"PAN": 1}, {"PAN": 1, "TEA": 1}, {"TEA": 1})
    shown = json.loads(done(cartage("orders", "blocked", "--json")))
    [cause] = [row["id"] for row in shown if row["subject"] == "TEA by stock"]
    command = ("routing", "choose", "backorder", "--by", "Kim")
    assert "2 orders would take it" in done(cartage(*command, "--cause", cause, "--preview"))
    assert set(choices(short).values()) == {""}
    assert "2 orders: let the rule's first warehouse" in done(cartage(*command, "--cause", cause))
    assert choices(short) == {pan: "", both: "backorder", tea: "backorder"}
    found = json.loads(done(cartage(*command, "--waiting", "--json")))
    assert ([row["reference"] for row in found["chosen"]], len(found["left"])) == (
        [short.reference_of(pan)],
        2,
    )
    assert cartage(*command).exit_code == 2, "orders, a cause, or all that wait"
    assert cartage("routing", "choose", pan, "backorder", "--waiting", "--by", "Kim").exit_code == 2
