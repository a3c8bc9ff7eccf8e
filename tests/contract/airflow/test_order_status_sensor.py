"""The sensor for an order's status, in a task's process and in the triggerer, against the sandbox."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from airflow.sdk._shared.module_loading import import_string
from airflow.sdk.exceptions import TaskDeferred
from airflow.triggers.base import BaseTrigger

from cartage.errors import AuthFailed, SettingsError
from cartage_airflow import OrderStatusSensor
from cartage_airflow.triggers.order_status import OrderStatusCheck
from cartage_sandbox.threedcart import TOKEN
from tests.contract.world import ORDERS_STAGES, SHIPPED, World
from tests.event_loop import run_alone

Context: Any = {"ti": None}


def sensor(lane: str, **given: Any) -> OrderStatusSensor:
    return OrderStatusSensor(task_id="wait", lane=lane, poke_interval=0.2, timeout=300, **given)


def deferred(task: OrderStatusSensor) -> TaskDeferred:
    with pytest.raises(TaskDeferred) as raised:
        task.execute(Context)
    return raised.value


async def first_event(trigger: BaseTrigger) -> Any:
    async for event in trigger.run():
        return event.payload
    raise AssertionError("the trigger ended without an event")


def rebuilt(found: TaskDeferred) -> BaseTrigger:
    """The trigger as the triggerer builds it."""
    path, arguments = found.trigger.serialize()
    trigger: BaseTrigger = import_string(path)(**arguments)
    return trigger


def later(call: Any, *arguments: Any, **named: Any) -> threading.Timer:
    timer = threading.Timer(0.6, call, arguments, named)
    timer.start()
    return timer


def test_a_status_in_the_store_is_waited_for_in_the_task(world: World, lane: str) -> None:
    [order_id] = world.place()
    task = sensor(lane, order_id=order_id, status="Shipped", deferrable=False)
    assert not task.poke(Context)
    later(world.shop.store.edit, order_id, OrderStatusID=SHIPPED)
    task.execute(Context)
    assert world.store_status(order_id) == SHIPPED


def test_a_status_in_the_store_is_waited_for_in_the_triggerer(world: World, lane: str) -> None:
    [order_id] = world.place()
    task = sensor(lane, order_id=str(order_id), status=SHIPPED, deferrable=True)
    found = deferred(task)
    later(world.shop.store.edit, order_id, OrderStatusID=SHIPPED)
    event = run_alone(first_event(rebuilt(found)))
    assert event == {"result": "reached"}
    assert found.method_name == "execute_complete"
    task.execute_complete(Context, event)


def test_a_status_that_is_reached_already_does_not_defer(world: World, lane: str) -> None:
    [order_id] = world.place()
    sensor(lane, order_id=order_id, status="New", deferrable=True).execute(Context)


def test_a_state_at_the_warehouse_is_waited_for(world: World, lane: str) -> None:
    [order_id] = world.place()
    world.go(*ORDERS_STAGES)
    found = deferred(sensor(lane, reference=world.reference_of(order_id), state="shipped", deferrable=True))
    later(world.ship, order_id)
    assert run_alone(first_event(rebuilt(found))) == {"result": "reached"}


def test_an_order_that_does_not_exist_yet_is_waited_for(world: World, lane: str) -> None:
    assert not sensor(lane, order_id=999_999, status=SHIPPED).poke(Context)
    assert not sensor(lane, reference="NONE_1", state="open").poke(Context)


def test_a_check_does_not_block_the_triggerers_event_loop(
    world: World, lane: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    [order_id] = world.place()
    trigger = rebuilt(deferred(sensor(lane, order_id=order_id, status=SHIPPED, deferrable=True)))
    ask = OrderStatusCheck.is_reached
    begun, loop_ran = threading.Event(), threading.Event()

    def slow(check: OrderStatusCheck) -> bool:
        """Go on only once the event loop has run something else."""
        begun.set()
        assert loop_ran.wait(30), "the check blocks the loop"
        world.shop.store.edit(order_id, OrderStatusID=SHIPPED)
        return ask(check)

    monkeypatch.setattr(OrderStatusCheck, "is_reached", slow)

    async def run_beside_the_check() -> None:
        await asyncio.to_thread(begun.wait, 30)
        loop_ran.set()

    async def both() -> Any:
        event, _ = await asyncio.gather(first_event(trigger), run_beside_the_check())
        return event

    assert run_alone(both()) == {"result": "reached"}


def test_a_failure_that_may_pass_is_checked_again(world: World, lane: str) -> None:
    [order_id] = world.place()
    trigger = rebuilt(deferred(sensor(lane, order_id=order_id, status=SHIPPED, deferrable=True)))
    world.store_fault(f"GET /Orders/{order_id}", "status", status=503, times=8)
    later(world.shop.store.edit, order_id, OrderStatusID=SHIPPED)
    assert run_alone(first_event(trigger)) == {"result": "reached"}


def test_a_failure_that_a_person_must_fix_becomes_the_tasks_own(world: World, lane: str) -> None:
    [order_id] = world.place()
    task = sensor(lane, order_id=order_id, status=SHIPPED, deferrable=True)
    trigger = rebuilt(deferred(task))
    world.shop.store.credentials.revoke(TOKEN)
    event = run_alone(first_event(trigger))
    assert event["result"] == "failed"
    with pytest.raises(AuthFailed):
        task.execute_complete(Context, event)


def test_a_check_that_failed_in_the_triggerer_and_works_in_the_task_defers_again(
    world: World, lane: str
) -> None:
    [order_id] = world.place()
    task = sensor(lane, order_id=order_id, status=SHIPPED, deferrable=True)
    with pytest.raises(TaskDeferred):
        task.execute_complete(Context, {"result": "failed", "message": "the credentials were refused"})


def test_wrong_arguments_are_refused() -> None:
    for given in ({}, {"order_id": 1}, {"order_id": 1, "status": 4, "reference": "A", "state": "open"}):
        with pytest.raises(ValueError, match="order_id and status for the store"):
            sensor("demo", **given)
    with pytest.raises(SettingsError, match="open, shipped, cancelled"):
        sensor("demo", reference="A", state="gone").poke(Context)
