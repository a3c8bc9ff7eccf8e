"""The demo's four special orders end as its final table says, by the books of store and warehouse."""

from __future__ import annotations

from cartage_sandbox.demo.plan import CHANGED, PARTIAL, TWO_PACKAGES, VOID
from cartage_sandbox.demo.scenes import Scenes
from tests.contract.changes.changed import cycle
from tests.contract.conftest import MakeWorld
from tests.contract.shipments.shipped import exceptions_by_kind, poll_and_post, sent


def test_a_partial_shipment_two_packages_a_void_and_a_new_address_end_as_shown(make_world: MakeWorld) -> None:
    world = make_world(warehouse_rules={"auto_ship_seconds": 20.0}, schedules={"watch_every": "1s"})
    orders = dict(zip((PARTIAL, TWO_PACKAGES, VOID, CHANGED), sent(world, "multi_line", 4), strict=True))
    scenes = Scenes(world.shop, orders)
    assert not scenes.done()
    scenes.act()
    world.shop.clock.advance(30)
    poll_and_post(world)
    cycle(world)
    scenes.act()
    assert not scenes.done(), "the voided number is still shown"
    poll_and_post(world)
    scenes.act()
    assert [ending.fault for ending in scenes.endings()] == ["", "", "", ""]
    shown = {ending.scene: ending.shown for ending in scenes.endings()}
    assert shown[PARTIAL].startswith("Partial, ")
    assert shown[TWO_PACKAGES].count(",") == 2
    assert shown[VOID] == "Shipped, no number"
    assert shown[CHANGED] == "Processing, no number"
    assert set(exceptions_by_kind(world)) == {"label_voided", "edited_after_transfer"}
