"""A failure inside one order's sending is that order's: it waits with a cause, and the others go on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pytest

from cartage.errors import ConnectorFailed
from cartage.model.orders import FulfillmentRequest
from cartage.operations.order_actions import retry_order
from cartage.sending.outcomes import CONNECTOR_FAILURES
from cartage.warehouses.contract import DuplicatePolicy, SubmitResult
from cartage.warehouses.extensiv.connector import ExtensivWarehouse
from tests.contract.conftest import MakeWorld
from tests.contract.world import CANCEL, World

BEFORE = ("import_orders", "validate_mappings")


def ready(world: World, count: int) -> list[int]:
    """Make this many orders ready; return their ids, the first to be sent first."""
    world.place("single", count)
    world.go(*BEFORE)
    assert world.states() == {"ready": count}
    return [row.order_id for row in world.rows("SELECT order_id FROM fulfillment_order ORDER BY id")]


def refuse_to_translate(
    monkeypatch: pytest.MonkeyPatch, reference: str | Collection[str], error: Exception
) -> None:
    """Let the connector fail on one or more orders before their requests can leave."""
    payload = ExtensivWarehouse.payload
    references = {reference} if isinstance(reference, str) else set(reference)

    def failing(connector: ExtensivWarehouse, request: FulfillmentRequest) -> dict[str, object]:
        if request.reference in references:
            raise error
        return payload(connector, request)

    monkeypatch.setattr(ExtensivWarehouse, "payload", failing)


def fail_while_sending(
    monkeypatch: pytest.MonkeyPatch, references: Collection[str], *, after: bool = False
) -> Counter[str]:
    """Let the connector fail on these orders while it sends them; return how often it was asked for each order.

    With `after` it fails once the warehouse has the order.
    """
    submit, asked = ExtensivWarehouse.submit, Counter[str]()

    def failing(connector: ExtensivWarehouse, request: FulfillmentRequest) -> SubmitResult:
        asked[request.reference] += 1
        if request.reference not in references:
            return submit(connector, request)
        if after:
            submit(connector, request)
        raise KeyError("orderId")

    monkeypatch.setattr(ExtensivWarehouse, "submit", failing)
    return asked


@pytest.mark.parametrize("damaged_request", ["{}", "[]", '"text"', '{"reference": "NF9", "lines": 3}'])
def test_an_order_whose_stored_request_cannot_be_read_is_prepared_again_and_sent(
    world: World, damaged_request: str
) -> None:
    damaged, *others = ready(world, 4)
    world.execute(
        "UPDATE fulfillment_order SET request = CAST(:request AS jsonb) WHERE order_id = :order_id",
        request=damaged_request,
        order_id=damaged,
    )
    counts = world.send()
    assert (counts["acknowledged"], counts["returned"], counts["sent"]) == (3, 1, 3)
    assert world.state_of(damaged) == ["imported"]
    assert world.reference_of(damaged) not in world.references()
    world.go(*BEFORE)
    assert world.send()["acknowledged"] == 1
    assert world.references() == {world.reference_of(order_id): 1 for order_id in (damaged, *others)}


@pytest.mark.parametrize("error", [TypeError("no text"), KeyError("zip"), ValueError("NaN")])
def test_an_order_of_which_the_connector_makes_no_request_is_blocked_with_a_cause_and_nothing_is_sent(
    world: World, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    odd, *others = ready(world, 4)
    refuse_to_translate(monkeypatch, world.reference_of(odd), error)
    counts = world.send()
    assert (counts["acknowledged"], counts["blocked"], counts["sent"]) == (3, 1, 3)
    assert world.state_of(odd) == ["blocked"]
    assert world.causes() == {"connector_failed": 1}
    [cause] = world.seen().causes
    assert type(error).__name__ in cause.message
    assert set(world.references()) == {world.reference_of(order_id) for order_id in others}


def test_an_order_on_which_the_connector_fails_while_it_sends_is_unknown_and_blocked_once_found_absent(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd, *_ = ready(world, 4)
    fail_while_sending(monkeypatch, [world.reference_of(odd)])
    counts = world.send()
    assert (counts["acknowledged"], counts["unknown"]) == (3, 1)
    assert world.state_of(odd) == ["unknown"]
    [row] = world.rows("SELECT outcome, failed_in FROM transfer WHERE failed_in <> ''")
    assert row.outcome == "unknown"
    assert row.failed_in.startswith("KeyError in ")
    world.wait_out()
    assert world.send()["settled"] == 1
    assert world.state_of(odd) == ["blocked"]
    assert world.causes() == {"connector_failed": 1}
    assert world.reference_of(odd) not in world.references()


def test_an_order_that_the_warehouse_took_before_the_connector_failed_is_acknowledged_and_not_sent_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd, *_ = ready(world, 2)
    asked = fail_while_sending(monkeypatch, [world.reference_of(odd)], after=True)
    world.send()
    assert world.state_of(odd) == ["unknown"]
    world.wait_out()
    assert world.send()["settled"] == 1
    assert world.states() == {"acknowledged": 2}
    assert world.causes() == {}
    assert set(asked.values()) == set(world.references().values()) == {1}


def test_five_such_failures_in_a_row_stop_the_run_with_a_clear_error_and_the_next_run_sends_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.settings["limits"]["threads"] = 1
    orders = ready(world, 20)
    # With one thread at most three requests are under way, so what is counted until the run stops are these alone.
    odd, others = orders[: CONNECTOR_FAILURES + 3], orders[CONNECTOR_FAILURES + 3 :]
    asked = fail_while_sending(monkeypatch, [world.reference_of(order_id) for order_id in odd])
    with pytest.raises(
        ConnectorFailed, match=r"Extensiv.*times in a row, .*: KeyError in .*stay ready"
    ) as stopped:
        world.send()
    assert isinstance(stopped.value.__cause__, KeyError)
    assert CONNECTOR_FAILURES <= world.states()["unknown"] <= len(odd)
    assert world.states()["ready"] >= len(others)
    assert world.references() == {}
    for _ in range(2):
        world.wait_out()
        world.send()
    assert world.states() == {"acknowledged": len(others), "blocked": len(odd)}
    assert world.causes() == {"connector_failed": len(odd)}
    assert set(asked.values()) == {1}


def test_a_connector_that_makes_no_request_of_any_order_stops_the_run_and_blocks_only_a_few(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.settings["limits"]["threads"] = 1
    orders = ready(world, 20)
    with monkeypatch.context() as broken:
        refuse_to_translate(
            broken, [world.reference_of(order_id) for order_id in orders], TypeError("no text")
        )
        with pytest.raises(ConnectorFailed, match="5 times in a row") as stopped:
            world.send()
        assert isinstance(stopped.value.__cause__, TypeError)
        tried = world.states()["blocked"]
        # With one thread at most three requests are under way when the fifth fails.
        assert CONNECTOR_FAILURES <= tried <= CONNECTOR_FAILURES + 3
        assert world.states() == {"blocked": tried, "ready": len(orders) - tried}
        assert world.references() == {}
    assert world.send()["acknowledged"] == len(orders) - tried
    assert world.states() == {"blocked": tried, "acknowledged": len(orders) - tried}


def test_fewer_failures_in_a_row_do_not_stop_the_run(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.settings["limits"]["threads"] = 1
    orders = ready(world, 10)
    odd = orders[: CONNECTOR_FAILURES - 1] + orders[-1:]
    fail_while_sending(monkeypatch, [world.reference_of(order_id) for order_id in odd])
    counts = world.send()
    assert (counts["acknowledged"], counts["unknown"]) == (5, 5)


def test_an_order_on_which_the_connector_fails_is_never_claimed_first_again_in_a_loop(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd, *_ = ready(world, 2)
    reference = world.reference_of(odd)
    asked = fail_while_sending(monkeypatch, [reference])
    for _ in range(4):
        world.place("single")
        world.go(*BEFORE)
        world.send()
        world.wait_out()
    assert asked[reference] == 1
    assert world.states() == {"acknowledged": 5, "blocked": 1}
    world.go(*BEFORE)
    assert world.state_of(odd) == ["blocked"]
    [row] = world.rows(
        "SELECT count(*) AS attempts FROM transfer t JOIN fulfillment_order f ON f.id = t.fulfillment_order_id"
        " WHERE f.reference = :reference",
        reference=reference,
    )
    assert row.attempts == 1


def test_an_order_of_which_the_connector_makes_no_request_is_not_tried_again_by_itself(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    [odd] = ready(world, 1)
    refuse_to_translate(monkeypatch, world.reference_of(odd), TypeError("no text"))
    for _ in range(3):
        world.send()
        world.go(*BEFORE)
    assert world.state_of(odd) == ["blocked"]
    assert [row.outcome for row in world.rows("SELECT outcome FROM transfer")] == ["not_sent"]


@pytest.mark.parametrize("leaves", [True, False])
def test_a_retry_after_an_update_of_the_connector_sends_the_order_and_closes_the_cause(
    world: World, monkeypatch: pytest.MonkeyPatch, leaves: bool
) -> None:
    [odd] = ready(world, 1)
    with monkeypatch.context() as old:
        if leaves:
            fail_while_sending(old, [world.reference_of(odd)])
        else:
            refuse_to_translate(old, world.reference_of(odd), TypeError("no text"))
        world.send()
        world.wait_out()
        world.send()
    assert world.state_of(odd) == ["blocked"]
    [row] = world.rows("SELECT id FROM fulfillment_order")
    context = world.context("transfer_to_warehouse")
    with world.ledger.begin() as connection:
        retry_order(connection, world.lane.name, row.id, context.by)
    context.close()
    world.go(*BEFORE)
    assert world.send()["acknowledged"] == 1
    assert world.causes() == {}
    assert world.references() == {world.reference_of(odd): 1}


def test_an_order_on_which_the_connector_failed_is_skipped_once_the_store_has_it_cancelled(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    [odd] = ready(world, 1)
    fail_while_sending(monkeypatch, [world.reference_of(odd)])
    world.send()
    world.shop.store.edit(odd, OrderStatusID=CANCEL)
    world.go(*BEFORE)
    world.wait_out()
    world.send()
    world.go(*BEFORE)
    assert world.state_of(odd) == ["skipped"]
    assert world.causes() == {}
    assert world.references() == {}


def test_an_order_whose_request_cannot_be_read_any_more_and_that_the_warehouse_has_is_a_person_s_to_decide(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    [odd] = ready(world, 1)
    fail_while_sending(monkeypatch, [world.reference_of(odd)], after=True)
    world.send()
    world.execute("UPDATE fulfillment_order SET request = '{}'")
    world.wait_out()
    world.send()
    assert world.state_of(odd) == ["conflict"]
    assert world.references() == {world.reference_of(odd): 1}


def test_an_absent_order_on_which_the_connector_failed_is_not_resent_although_the_lane_says_send(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A warehouse that takes a reference twice, and a lane that resends what it does not show."""
    real: Any = ExtensivWarehouse.capabilities.fget  # type: ignore[attr-defined]
    accepts = property(lambda self: replace(real(self), duplicate_policy=DuplicatePolicy.UNKNOWN))
    monkeypatch.setattr(ExtensivWarehouse, "capabilities", accepts)
    world = make_world(warehouse_rules={"duplicate_refused": False})
    world.settings["warehouse"]["when_absent"] = "send"
    odd, *others = ready(world, 3)
    asked = fail_while_sending(monkeypatch, [world.reference_of(odd)])
    for _ in range(3):
        world.send()
        world.wait_out()
    assert world.state_of(odd) == ["blocked"]
    assert world.causes() == {"connector_failed": 1}
    assert asked == {world.reference_of(order_id): 1 for order_id in (odd, *others)}
