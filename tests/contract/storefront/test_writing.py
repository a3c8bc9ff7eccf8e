"""Writes against the emulated store: written, refused, unknown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from cartage.errors import AuthFailed, LeaseLost, NotSent, RateLimited
from cartage.model.orders import Address
from cartage.storefront import OrderWrite, ShipmentWrite, WriteOutcome
from cartage_sandbox.threedcart import READ_ONLY_TOKEN
from tests.contract.storefront.world import BULK, SHIPMENT

if TYPE_CHECKING:
    from tests.contract.storefront.world import World

WRITTEN, REFUSED, UNKNOWN = WriteOutcome.WRITTEN, WriteOutcome.REFUSED, WriteOutcome.UNKNOWN


def outcomes(world: World, ids: list[int], status: int = 2, **more: Any) -> list[WriteOutcome]:
    results = world.client.update_statuses(dict.fromkeys(ids, status), **more)
    assert list(results) == ids
    return [results[id_].outcome for id_ in ids]


def test_statuses_are_written_in_batches_of_at_most_100(world: World) -> None:
    ids = world.place(250)
    assert set(outcomes(world, ids)) == {WRITTEN}
    assert {world.status(id_) for id_ in ids} == {2}
    assert [len(entry["detail"]) for entry in world.requests("PUT")] == [100, 100, 50]


def test_nothing_to_write_makes_no_call(world: World) -> None:
    assert world.client.update_statuses({}) == {}
    assert not world.requests()


@pytest.mark.parametrize("order", ["request", "reversed", "shuffled"])
@pytest.mark.parametrize("status_type", ["text", "number"])
def test_in_a_mixed_write_each_order_has_its_own_outcome(
    open_world: Callable[..., World], order: str, status_type: str
) -> None:
    world = open_world(results_order=order, result_status_type=status_type)
    first, second = world.place(2)
    assert outcomes(world, [first, 99_999_999, second]) == [WRITTEN, REFUSED, WRITTEN]
    assert world.requests("PUT")[0]["status"] == 206


def test_an_order_that_the_response_does_not_name_is_unknown(open_world: Callable[..., World]) -> None:
    world = open_world(results_omit_every=2)
    assert outcomes(world, world.place(4)) == [WRITTEN, UNKNOWN, WRITTEN, UNKNOWN]


@pytest.mark.parametrize("body", ["result", "empty"])
def test_a_bad_order_that_fails_a_whole_write_stops_no_other(
    open_world: Callable[..., World], body: str
) -> None:
    world = open_world(bulk_bad_item="whole", bad_request_body=body)
    ids = world.place(40)
    ids.insert(17, 99_999_999)
    found = outcomes(world, ids)
    assert found.count(REFUSED) == 1
    assert found[17] is REFUSED
    assert {world.status(id_) for id_ in ids if id_ != 99_999_999} == {2}
    assert len(world.requests("PUT")) < 20


@pytest.mark.parametrize("status", [206, 400, 404, 200])
def test_a_write_that_fails_for_all_orders_is_refused_order_by_order(
    open_world: Callable[..., World], status: int
) -> None:
    world = open_world(bulk_all_failed_status=status)
    assert outcomes(world, [99_999_998, 99_999_999]) == [REFUSED, REFUSED]
    assert len(world.requests("PUT")) == 1


def test_an_error_inside_a_success_is_a_refusal(open_world: Callable[..., World]) -> None:
    world = open_world(bulk_bad_item="whole", errors_as_200=True)
    (order_id,) = world.place(1)
    assert outcomes(world, [order_id, 99_999_999]) == [WRITTEN, REFUSED]


@pytest.mark.parametrize("kind", ["reset", "close", "truncate"])
def test_a_lost_response_leaves_the_outcome_unknown_and_is_not_repeated(world: World, kind: str) -> None:
    (order_id,) = world.place(1)
    world.break_with(route=BULK, kind=kind, moment="after")
    assert outcomes(world, [order_id]) == [UNKNOWN]
    assert len(world.requests("PUT")) == 1
    assert world.status(order_id) == 2


@pytest.mark.parametrize("kind", ["reset", "close"])
def test_a_request_that_may_not_have_arrived_is_unknown_too(world: World, kind: str) -> None:
    (order_id,) = world.place(1)
    world.break_with(route=BULK, kind=kind, moment="before")
    assert outcomes(world, [order_id]) == [UNKNOWN]
    assert len(world.requests("PUT")) == 1


def test_a_late_response_is_unknown(open_world: Callable[..., World]) -> None:
    world = open_world(read_timeout=0.2)
    (order_id,) = world.place(1)
    world.break_with(route=BULK, kind="delay", moment="after", seconds=1.0)
    assert outcomes(world, [order_id]) == [UNKNOWN]
    assert len(world.requests("PUT")) <= 1


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_store_failure_after_a_write_is_unknown(world: World, status: int) -> None:
    (order_id,) = world.place(1)
    world.break_with(route=BULK, kind="status", moment="after", status=status, body="<html>oops</html>")
    assert outcomes(world, [order_id]) == [UNKNOWN]
    assert len(world.requests("PUT")) == 1


def test_html_after_a_write_is_unknown(world: World) -> None:
    (order_id,) = world.place(1)
    world.break_with(route=BULK, kind="status", moment="after", status=200, body="<html>maintenance</html>")
    assert outcomes(world, [order_id]) == [UNKNOWN]


def test_a_lost_response_for_one_chunk_leaves_the_outcomes_of_the_others(world: World) -> None:
    ids = world.place(30)
    world.break_with(route=BULK, kind="reset", moment="after", nth=2)
    assert outcomes(world, ids, chunk=10) == [*[WRITTEN] * 10, *[UNKNOWN] * 10, *[WRITTEN] * 10]


def test_a_rate_limited_write_had_no_effect_and_is_sent_again(world: World) -> None:
    (order_id,) = world.place(1)
    world.break_with(route=BULK, kind="status", moment="before", status=429, headers={"Retry-After": "3"})
    assert outcomes(world, [order_id]) == [WRITTEN]
    assert world.budget.penalties == [3.0]
    assert world.budget.acquired == 2


def test_a_write_that_is_always_rate_limited_gives_up(world: World) -> None:
    world.break_with(route=BULK, kind="status", moment="before", status=429, nth=0)
    with pytest.raises(RateLimited):
        outcomes(world, world.place(1))
    assert len(world.requests("PUT")) == 4


def test_a_lease_is_checked_each_time_just_before_the_bytes_leave(world: World) -> None:
    (order_id,) = world.place(1)
    world.break_with(route=BULK, kind="status", moment="before", status=429)
    checks: list[int] = []

    def still_ours() -> None:
        checks.append(world.budget.acquired)
        if len(checks) == 2:
            raise LeaseLost("another run has it")

    with pytest.raises(LeaseLost):
        outcomes(world, [order_id], before=still_ours)
    assert checks == [1, 2]
    assert len(world.requests("PUT")) == 1
    assert world.status(order_id) == 1


def test_a_token_without_write_permission_is_a_failure_of_the_system(
    open_world: Callable[..., World],
) -> None:
    world = open_world(token=READ_ONLY_TOKEN)
    ids = world.place(2)
    assert world.listed() == ids
    with pytest.raises(AuthFailed, match="write permission"):
        outcomes(world, ids)
    assert len(world.requests("PUT")) == 1


def test_a_shipment_gets_tracking_method_date_and_status_at_once(world: World) -> None:
    (order_id,) = world.place(1)
    result = world.client.update_shipment(
        order_id,
        ShipmentWrite(
            0,
            tracking="9400000000000000000000",
            carrier_method="UPS® Ground/Next Day",
            shipped_at=datetime(2026, 3, 3, 4, 30, tzinfo=UTC),
            status_id=4,
        ),
    )
    assert result.ok
    (shipment,) = world.emulator.order(order_id)["ShipmentList"]
    assert shipment["ShipmentTrackingCode"] == "9400000000000000000000"
    assert shipment["ShipmentMethodName"] == "UPS Ground Next Day"
    assert shipment["ShipmentShippedDate"] == "03/02/2026 23:30:00"
    assert world.status(order_id) == 4


def test_a_shipment_write_changes_only_what_is_given(open_world: Callable[..., World]) -> None:
    """Even with a store that clears every field that is sent as null, nothing else is lost."""
    world = open_world(null_in_write="clears")
    (order_id,) = world.place(1)
    before = world.emulator.order(order_id)["ShipmentList"][0]["ShipmentMethodName"]
    assert world.client.update_shipment(order_id, ShipmentWrite(0, tracking="1Z")).ok
    assert world.requests("PUT")[0]["detail"] == {"ShipmentTrackingCode": "1Z"}
    assert world.emulator.order(order_id)["ShipmentList"][0]["ShipmentMethodName"] == before
    assert world.status(order_id) == 1


@pytest.mark.parametrize("errors_as_200", [True, False])
def test_an_unknown_order_or_shipment_is_refused(
    open_world: Callable[..., World], errors_as_200: bool
) -> None:
    world = open_world(errors_as_200=errors_as_200)
    (order_id,) = world.place(1)
    assert world.client.update_shipment(99_999_999, ShipmentWrite(0, tracking="1Z")).outcome is REFUSED
    assert world.client.update_shipment(order_id, ShipmentWrite(77, tracking="1Z")).outcome is REFUSED


def test_a_tracking_text_that_is_too_long_is_refused_with_the_stores_message(world: World) -> None:
    (order_id,) = world.place(1)
    result = world.client.update_shipment(order_id, ShipmentWrite(0, tracking="9" * 101))
    assert (result.outcome, result.status) == (REFUSED, 400)
    assert result.message


@pytest.mark.parametrize("kind", ["reset", "truncate"])
def test_a_shipment_write_with_a_lost_response_is_unknown(world: World, kind: str) -> None:
    (order_id,) = world.place(1)
    world.break_with(route=SHIPMENT, kind=kind, moment="after")
    assert world.client.update_shipment(order_id, ShipmentWrite(0, tracking="1Z")).outcome is UNKNOWN
    assert len(world.requests("PUT")) == 1


@pytest.mark.parametrize("body", ["", "[]", "{}", "null", "[null]"])
def test_a_success_that_says_nothing_is_unknown(world: World, body: str) -> None:
    (order_id,) = world.place(1)
    world.break_with(route="PUT", kind="status", moment="after", status=200, body=body, nth=0)
    assert world.client.update_shipment(order_id, ShipmentWrite(0, tracking="1Z")).outcome is UNKNOWN
    assert outcomes(world, [order_id]) == [UNKNOWN]


def test_an_unreachable_store_received_nothing(open_world: Callable[..., World]) -> None:
    world = open_world()
    world.client._session._http.base_url = "http://127.0.0.1:1"
    with pytest.raises(NotSent):
        outcomes(world, [1])
    with pytest.raises(NotSent):
        world.client.update_shipment(1, ShipmentWrite(0, tracking="1Z"))


@pytest.mark.parametrize("carried", [True, False])
def test_a_bulk_write_reports_each_order_as_updated_whether_or_not_its_tracking_was(
    open_world: Callable[..., World], carried: bool
) -> None:
    world = open_world(bulk_nested_shipments=carried)
    ids = world.place(2)
    orders = {id_: OrderWrite((ShipmentWrite(0, "1Z"),), 4) for id_ in ids}
    results = world.client.update_tracking(orders)
    assert [results[id_].outcome for id_ in ids] == [WriteOutcome.WRITTEN] * 2
    numbers = {world.emulator.order(id_)["ShipmentList"][0]["ShipmentTrackingCode"] for id_ in ids}
    assert numbers == ({"1Z"} if carried else {""})
    assert {world.status(id_) for id_ in ids} == {4}
    assert len(world.requests("PUT")) == 1


def test_an_added_shipment_is_created_once_and_its_id_returned(world: World) -> None:
    (order_id,) = world.place(1)
    written = ShipmentWrite(0, "1ZFURTHER", "UPS Ground")
    result, shipment_id = world.client.add_shipment(order_id, written, Address(name="Ann Lee"))
    first, second = world.emulator.order(order_id)["ShipmentList"]
    assert result.ok
    assert (second["ShipmentID"], second["ShipmentTrackingCode"]) == (shipment_id, "1ZFURTHER")
    assert (second["ShipmentFirstName"], second["ShipmentLastName"]) == ("Ann", "Lee")
    assert first["ShipmentTrackingCode"] == ""


def test_an_added_shipment_with_a_lost_response_is_not_sent_again(world: World) -> None:
    (order_id,) = world.place(1)
    world.break_with(route="POST .*/Shipments", kind="reset", moment="after")
    result, shipment_id = world.client.add_shipment(order_id, ShipmentWrite(0, "1Z"), Address())
    assert (result.outcome, shipment_id) == (UNKNOWN, None)
    assert len(world.emulator.order(order_id)["ShipmentList"]) == 2


def test_internal_comments_are_replaced_by_the_given_text(world: World) -> None:
    (order_id,) = world.place(1)
    assert world.client.update_comments(order_id, "first\r\nsecond").ok
    assert world.emulator.order(order_id)["InternalComments"] == "first\r\nsecond"
