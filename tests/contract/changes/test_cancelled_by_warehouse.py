"""An order that the warehouse cancelled: each decision as a person makes it, by command and at the desk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from cartage.cli.main import app
from tests.contract.changes.changed import look
from tests.contract.desk.desk_client import OPERATOR, DeskClient
from tests.contract.shipments.shipped import (
    at_warehouse,
    cancel_at_warehouse,
    decide_exception_as_person,
    exceptions_by_kind,
    poll_and_post,
    sent,
)
from tests.contract.world import CANCEL, NEW, ORDERS_STAGES, PROCESSING, SHIPPED, World

KIND = "cancelled_by_warehouse"
Decide = Callable[[str], None]


@pytest.fixture
def cancelled(world: World) -> int:
    """An order that the warehouse accepted and then cancelled."""
    [order_id] = sent(world)
    cancel_at_warehouse(world, *at_warehouse(world, order_id))
    poll_and_post(world)
    assert (world.state_of(order_id), world.store_status(order_id)) == (["cancelled"], PROCESSING)
    return order_id


@pytest.fixture(params=["command", "desk"])
def decide(
    request: pytest.FixtureRequest, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Decide]:
    """Look at the exception, then decide it."""
    from cartage_airflow.desk import ledger

    file = tmp_path / "lanes.yaml"
    document = {"lanes": {"demo": {name: value for name, value in world.settings.items() if name != "name"}}}
    file.write_text(yaml.safe_dump(document))
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(file))

    def by_command(choice: str) -> None:
        number = str(exceptions_by_kind(world)[KIND].id)
        runner = CliRunner()
        seen = runner.invoke(app, ["exceptions", "show", number])
        assert "cancelled by the warehouse" in seen.output
        assert choice in seen.output
        done = runner.invoke(app, ["exceptions", "decide", number, choice, "--by", "ann"])
        assert done.exit_code == 0, done.output

    def at_the_desk(choice: str) -> None:
        desk = DeskClient(monkeypatch)
        desk.lanes, desk.role = {"demo"}, OPERATOR
        shown = desk.text("exceptions", lane="demo")
        assert "the warehouse cancelled" in shown
        assert choice.capitalize() in shown
        response = desk.post("exceptions", lane="demo", id=exceptions_by_kind(world)[KIND].id, choice=choice)
        assert response.status_code == 303, response.text

    engines = (ledger.reading_engine, ledger.writing_engine)
    for engine in engines:
        engine.cache_clear()
    yield by_command if request.param == "command" else at_the_desk
    for engine in engines:
        engine().dispose()
        engine.cache_clear()


def all_runs(world: World) -> None:
    for _ in range(2):
        world.go(*ORDERS_STAGES)
        poll_and_post(world)


def test_a_resent_order_ships(world: World, cancelled: int, decide: Decide) -> None:
    decide("resend")
    all_runs(world)
    assert world.state_of(cancelled) == ["cancelled", "acknowledged"]
    assert sum(world.references().values()) == 2
    world.ship(cancelled, place=1)
    all_runs(world)
    assert (world.store_status(cancelled), exceptions_by_kind(world)) == (SHIPPED, {})
    assert sum(world.references().values()) == 2


@pytest.mark.parametrize("choice", ["handled", "ignore"])
def test_after_handled_or_ignore_nothing_is_sent_or_posted_and_no_exception_opens(
    world: World, cancelled: int, decide: Decide, choice: str
) -> None:
    decide(choice)
    all_runs(world)
    assert (world.state_of(cancelled), world.store_status(cancelled)) == (["cancelled"], PROCESSING)
    assert (sum(world.references().values()), exceptions_by_kind(world)) == (1, {})
    [event] = world.rows("SELECT actor, why FROM event WHERE kind = 'exception_decided'")
    assert (event.actor, event.why) == ("ann", choice)


def test_the_exception_ends_when_the_store_cancels_the_order_and_reopens_when_it_is_wanted_again(
    world: World, cancelled: int
) -> None:
    world.shop.store.edit(cancelled, OrderStatusID=CANCEL)
    look(world)
    all_runs(world)
    assert (world.state_of(cancelled), world.store_status(cancelled)) == (["cancelled"], CANCEL)
    assert exceptions_by_kind(world) == {}
    world.shop.store.edit(cancelled, OrderStatusID=PROCESSING)
    look(world)
    look(world)
    assert set(exceptions_by_kind(world)) == {KIND}
    assert sum(world.references().values()) == 1


def test_put_back_after_store_and_warehouse_cancelled_opens_one_exception(
    world: World, cancelled: int
) -> None:
    for status in (CANCEL, NEW):
        world.shop.store.edit(cancelled, OrderStatusID=status)
        look(world)
    assert set(exceptions_by_kind(world)) == {"put_back"}
    assert sum(world.references().values()) == 1


def test_resend_does_nothing_once_the_store_has_cancelled_the_order(world: World, cancelled: int) -> None:
    decide_exception_as_person(world, KIND, "resend")
    world.shop.store.edit(cancelled, OrderStatusID=CANCEL)
    look(world)
    all_runs(world)
    assert (world.state_of(cancelled), exceptions_by_kind(world)) == (["cancelled"], {})
    assert world.rows("SELECT FROM exception WHERE closed_at IS NULL") == []
