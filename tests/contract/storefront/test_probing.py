"""What can be learnt from a store without changing anything: permissions, and its clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from cartage.errors import RateLimited
from cartage_sandbox.threedcart import READ_ONLY_TOKEN
from tests.contract.storefront.world import World, refusal


def test_a_write_outside_the_scope_is_reported_as_not_permitted(open_world: Callable[..., World]) -> None:
    assert open_world(token=READ_ONLY_TOKEN).client.try_write("/Orders") is False


def test_a_refusal_for_its_content_proves_nothing_about_permission(open_world: Callable[..., World]) -> None:
    assert open_world().client.try_write("/Orders") is None
    assert (
        open_world(scope_checked="after_content", token=READ_ONLY_TOKEN).client.try_write("/Orders") is None
    )


def test_an_accepted_write_proves_permission(world: World) -> None:
    world.break_with(route=r"PUT .*/Orders$", kind="status", status=200, body="[]")
    assert world.client.try_write("/Orders") is True


@pytest.mark.parametrize("status", [403, 404, 500])
def test_other_failures_prove_nothing_or_are_raised(world: World, status: int) -> None:
    world.break_with(route=r"PUT .*/Orders$", kind="status", status=status, body=refusal(status))
    assert world.client.try_write("/Orders") is (False if status == 403 else None)


def test_a_throttled_check_is_not_a_result(world: World) -> None:
    world.break_with(route=r"PUT .*/Orders$", kind="status", status=429, times=10)
    with pytest.raises(RateLimited):
        world.client.try_write("/Orders")


def test_nothing_is_sent_but_an_empty_list(world: World) -> None:
    (order_id,) = world.place(1)
    before = world.emulator.order(order_id)
    world.client.try_write("/Orders")
    assert [entry["detail"] for entry in world.requests("PUT")] == [[]]
    assert world.emulator.order(order_id) == before


def test_products_are_counted_with_one_call(world: World) -> None:
    world.emulator.generate(0, products=30)
    assert world.client.count_products() == 30
    assert len(world.requests()) == 1


def test_the_clock_of_the_api_is_known_after_a_response(world: World) -> None:
    before = world.client.clock_ahead
    world.client.order_statuses()
    ahead = world.client.clock_ahead
    assert before is None
    assert ahead is not None
    assert abs(ahead - (world.emulator.clock.now() - datetime.now(UTC))) < timedelta(seconds=5)
