"""Failures between client and store, and how the client handles them."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import pytest

from cartage.errors import AuthFailed, MalformedResponse, RateLimited, Refused, RemoteError, RemoteUnavailable
from cartage.pace import LocalBudget
from cartage.storefront import OrderQuery, ShipmentWrite, open_store
from cartage.storefront.fields import LABELS
from cartage_sandbox.threedcart import PRIVATE_KEY, TOKEN
from tests.contract.storefront.world import LIST, ZONE, ids_of, refusal

if TYPE_CHECKING:
    from tests.contract.storefront.world import World


def test_what_the_store_says_of_an_order_is_never_masked(world: World) -> None:
    text = f"a note with {TOKEN} in it"
    (order_id,) = world.place(1, InternalComments=text)
    order = world.client.get_order(order_id)
    assert isinstance(order, Mapping)
    assert order["InternalComments"] == text


def test_a_token_of_one_letter_masks_nothing_else(open_world: Callable[..., World]) -> None:
    """It masked every e of every response. The connection refuses it; a client that has it all the same reads on."""
    world = open_world(token="e")
    world.break_with(
        route="GET", nth=0, kind="status", status=401, body=refusal(401, "there were seven keys")
    )
    with pytest.raises(AuthFailed, match="there were seven keys"):
        world.listed()


@pytest.mark.parametrize("body", ["empty", "result", "message"])
def test_a_401_says_which_credential_to_check_and_where(open_world: Callable[..., World], body: str) -> None:
    world = open_world(token="wrong-token", auth_failure_body=body)
    with pytest.raises(AuthFailed) as raised:
        world.listed()
    text = str(raised.value)
    for said in (
        LABELS["secure_url"],
        LABELS["private_key"],
        LABELS["token"],
        "demo_store",
        "Modules > REST API",
    ):
        assert said in text
    assert len(world.requests()) == 1


def test_a_token_revoked_in_the_middle_ends_the_list(world: World) -> None:
    world.place(700)
    pages = world.client.list_orders(OrderQuery(ZONE))
    next(pages)
    world.emulator.credentials.revoke(TOKEN)
    with pytest.raises(AuthFailed):
        next(pages)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "reset", "moment": "before"},
        {"kind": "close", "moment": "before"},
        {"kind": "reset", "moment": "after"},
        {"kind": "truncate", "moment": "within"},
        {"kind": "garbage", "moment": "before"},
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 502, "body": "<html>Bad Gateway</html>"},
        {"kind": "status", "status": 503, "headers": {"Retry-After": "2"}},
        {"kind": "status", "status": 200, "body": "<html>We are down for maintenance</html>"},
        {"kind": "status", "status": 200, "body": "[{"},
        {"kind": "status", "status": 200, "body": refusal(500, "An error has occurred.")},
        {"kind": "status", "status": 200, "body": refusal(429, "slow down")},
    ],
    ids=str,
)
def test_a_read_that_failed_once_is_repeated(world: World, fault: dict[str, object]) -> None:
    ids = world.place(3)
    world.break_with(route=LIST, times=2, **fault)
    assert world.listed() == ids
    assert len(world.waits) == 2
    assert world.budget.acquired == 3


def test_a_page_that_keeps_failing_fails_the_list(world: World) -> None:
    ids = world.place(700)
    world.break_with(route=LIST, kind="status", status=500, nth=2, times=50)
    pages = world.client.list_orders(OrderQuery(ZONE))
    assert ids_of(next(pages).entries) == ids[:300]
    with pytest.raises(RemoteUnavailable):
        next(pages)


def test_a_page_of_html_that_stays_is_malformed(world: World) -> None:
    world.break_with(route=LIST, kind="status", status=200, body="<html>hello</html>", nth=0)
    with pytest.raises(MalformedResponse, match="HTML"):
        world.listed()


@pytest.mark.parametrize("body", ['{"a": 1}', '"text"', "5"])
def test_a_list_response_that_is_not_a_list_is_malformed_and_never_empty(world: World, body: str) -> None:
    world.break_with(route=LIST, kind="status", status=200, body=body, nth=0)
    with pytest.raises(MalformedResponse):
        world.listed()


def test_a_bad_parameter_is_an_error_and_not_the_end_of_the_list(world: World) -> None:
    world.break_with(route=LIST, kind="status", status=400, body=refusal(400, "Invalid datestart"))
    with pytest.raises(Refused, match="Invalid datestart"):
        world.listed()


def test_a_redirect_is_not_followed_and_points_at_the_address(world: World) -> None:
    world.break_with(
        route=LIST, kind="status", status=302, headers={"Location": "http://127.0.0.1:1/"}, nth=0
    )
    with pytest.raises(RemoteUnavailable, match="address"):
        world.listed()


@pytest.mark.parametrize(
    ("headers", "retry_after"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "1.5"}, 1.5),
        ({"Retry-After": "Mon, 02 Mar 2015 14:00:20 GMT"}, 0.0),
        ({"Retry-After": "a while"}, None),
    ],
)
@pytest.mark.parametrize("body", ["", refusal(429, "Too many requests"), "<html>Too many</html>"])
def test_a_429_slows_all_callers_down_and_the_read_is_repeated(
    world: World, headers: dict[str, str], retry_after: float | None, body: str
) -> None:
    ids = world.place(2)
    world.break_with(route=LIST, kind="status", status=429, headers=headers, body=body)
    assert world.listed() == ids
    assert world.budget.penalties == [retry_after]
    assert world.budget.acquired == 2


def test_a_429_that_demands_an_hour_is_left_to_a_later_run(world: World) -> None:
    world.break_with(route=LIST, kind="status", status=429, headers={"Retry-After": "3600"}, nth=0)
    with pytest.raises(RateLimited) as raised:
        world.listed()
    assert raised.value.retry_after == 3600
    assert world.budget.penalties == [3600.0]
    assert not world.waits


@pytest.mark.parametrize("body", ["empty", "result", "html"])
@pytest.mark.parametrize("retry_after", [True, False])
def test_a_throttling_store_is_read_completely(
    open_world: Callable[..., World], body: str, retry_after: bool
) -> None:
    world = open_world(throttle=True, throttle_size=3, throttle_body=body, throttle_retry_after=retry_after)
    (order_id,) = world.place(1)
    for _ in range(20):
        assert world.client.get_order(order_id) is not None
    assert world.budget.penalties


def test_a_local_budget_stays_within_the_stores_bucket(open_world: Callable[..., World]) -> None:
    world = open_world(throttle=True, throttle_size=5, throttle_rate=2.0)
    clock = world.emulator.clock

    def sleep(seconds: float) -> None:
        clock.advance(seconds)

    budget = LocalBudget(5, 2.0, clock=lambda: clock.now().timestamp(), sleep=sleep)
    client = open_store(world.credentials, zone=ZONE, budget=budget)
    for _ in range(30):
        client.count_orders(OrderQuery(ZONE))
    client.close()
    assert {entry["status"] for entry in world.requests()} == {200}


def test_no_secret_of_the_headers_appears_in_logs_errors_or_reprs(
    open_world: Callable[..., World], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    world = open_world()
    shown = [repr(world.client), repr(world.credentials), str(vars(world.client))]
    (order_id,) = world.place(1)
    world.listed()
    for fault in (
        {"kind": "status", "status": 401, "body": refusal(401, f"token {TOKEN} and key {PRIVATE_KEY}")},
        {"kind": "status", "status": 400, "body": refusal(400, f"token {TOKEN}")},
        {"kind": "status", "status": 200, "body": refusal(400, f"token {TOKEN}")},
        {"kind": "reset", "moment": "after"},
        {"kind": "status", "status": 500, "body": TOKEN},
    ):
        world.emulator.faults.clear()
        world.break_with(route="GET", nth=0, **fault)
        with pytest.raises(RemoteError) as raised:
            world.client.count_orders(OrderQuery(ZONE))
        shown += ["".join(traceback.format_exception(raised.value)), repr(vars(raised.value))]
    world.emulator.faults.clear()
    world.client.update_shipment(order_id, ShipmentWrite(0, tracking="1Z"))
    text = "\n".join([*shown, caplog.text])
    assert TOKEN not in text
    assert PRIVATE_KEY not in text


def test_logs_contain_no_bodies_and_no_personal_data(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="cartage")
    (order_id,) = world.place(1)
    world.listed()
    world.client.update_statuses({order_id: 2, 99_999_999: 2})
    assert "Robin" not in caplog.text
    assert "robin@" not in caplog.text


def test_a_check_reads_only_and_says_what_it_found(world: World) -> None:
    world.place(2)
    found = world.client.check()
    assert found.ok
    assert "19 order statuses, 2 orders in New" in found.text
    assert {entry["method"] for entry in world.requests()} == {"GET"}


def test_a_failed_check_names_the_credential_and_never_raises(open_world: Callable[..., World]) -> None:
    found = open_world(token="wrong-token").client.check()
    assert not found.ok
    assert LABELS["token"] in found.text
    assert "demo_store" in found.text


def test_a_check_of_a_store_that_is_down_says_so(world: World) -> None:
    world.client._session._http.base_url = "http://127.0.0.1:1"
    found = world.client.check()
    assert not found.ok
    assert "connection was refused" in found.text
