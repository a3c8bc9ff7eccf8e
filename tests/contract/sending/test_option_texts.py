"""What the buyer wrote for a line reaches the warehouse, or the order waits; a damaged ship method is the same one."""

from __future__ import annotations

import pytest

from tests.contract.changes.changed import cycle, watching
from tests.contract.conftest import MakeWorld
from tests.contract.world import ORDERS_STAGES, World

ENGRAVING = "Mug<br><b>Engraving:</b>&nbsp;For Ann &amp; O&#39;Brien<br><b>Font:</b>&nbsp;Script"
NOTES = "Engraving: For Ann & O'Brien\nFont: Script"


def engraved(world: World, description: str = ENGRAVING) -> int:
    [order_id] = world.place("single")
    world.amend(order_id, line={"ItemDescription": description})
    return order_id


def notes_there(world: World) -> list[str | None]:
    return [line.document.get("notes") for order in world.shop.warehouse.state.book for line in order.lines]


def causes(world: World) -> list[tuple[str, str]]:
    rows = world.rows("SELECT kind, subject FROM cause WHERE closed_at IS NULL ORDER BY subject")
    return [(row.kind, row.subject) for row in rows]


def test_an_engraving_arrives_as_the_notes_of_its_line(world: World) -> None:
    engraved(world)
    world.go(*ORDERS_STAGES)
    assert world.states() == {"acknowledged": 1}
    assert notes_there(world) == [NOTES]


def test_options_that_the_sku_shows_are_left_out(world: World) -> None:
    world.settings["warehouse"]["options_in_sku"] = ["font", "Engraving&trade;"]
    engraved(world)
    world.go(*ORDERS_STAGES)
    assert world.states() == {"acknowledged": 1}
    assert notes_there(world) == [None]


def test_an_engraving_blocks_where_the_lane_says_so_and_goes_out_once_it_does_not(world: World) -> None:
    world.settings["warehouse"] |= {"option_text": "block", "options_in_sku": ["Font"]}
    engraved(world)
    engraved(world, "Cup<br><b>Engraving:</b>&nbsp;For Bob")
    world.place("single")
    world.go(*ORDERS_STAGES)
    assert world.states() == {"blocked": 2, "acknowledged": 1}
    assert causes(world) == [("option_text", "Engraving")]
    world.settings["warehouse"]["option_text"] = "notes"
    world.go(*ORDERS_STAGES)
    assert world.states() == {"acknowledged": 3}
    assert sorted(filter(None, notes_there(world))) == [
        "Engraving: For Ann & O'Brien",
        "Engraving: For Bob",
    ]
    assert causes(world) == []


@pytest.mark.parametrize("limit", [500, 2000])
def test_a_text_too_long_for_the_warehouse_blocks_and_is_never_cut(make_world: MakeWorld, limit: int) -> None:
    """How much a line's notes hold is not documented: the warehouse may take more or less than the setting says."""
    world = make_world(warehouse_rules={"max_length_lineNotes": limit})
    text = "x" * 600
    engraved(world, f"Mug<br><b>Engraving:</b>&nbsp;{text}")
    world.go(*ORDERS_STAGES)
    assert causes(world) == [("field_too_long", "options of a line (at most 500)")]
    world.settings["warehouse"]["settings"]["limits"] = {"line_notes": 2000}
    world.go(*ORDERS_STAGES)
    if limit > len(text):
        assert notes_there(world) == [f"Engraving: {text}"]
    else:
        assert notes_there(world) == []
        assert [kind for kind, _ in causes(world)] == ["refused_by_warehouse"]


def test_an_engraving_that_changes_after_sending_is_an_edit(make_world: MakeWorld) -> None:
    world = watching(make_world, edited="resend")
    order_id = engraved(world)
    world.go(*ORDERS_STAGES)
    world.amend(order_id, line={"ItemDescription": ENGRAVING.replace("Ann", "Bea")})
    cycle(world)
    [row] = world.rows("SELECT kind, message, after FROM exception")
    assert row.kind == "edited_after_transfer"
    assert "options of SKU" in row.message
    assert "Bea" not in row.message, "messages go to logs and mails: no personal data"
    assert "Engraving: For Bea" in str(row.after)
    cycle(world)
    assert notes_there(world) == [NOTES, NOTES.replace("Ann", "Bea")]


def test_an_engraving_that_changes_before_sending_goes_out_as_it_is_now(world: World) -> None:
    order_id = engraved(world)
    world.go(*ORDERS_STAGES[:2])
    world.amend(order_id, line={"ItemDescription": ENGRAVING.replace("Ann", "Bea")})
    world.go(*ORDERS_STAGES)
    assert notes_there(world) == [NOTES.replace("Ann", "Bea")]


def test_the_generators_engravings_and_damaged_ship_methods_all_go_out(world: World) -> None:
    world.place("engraving", 8)
    world.place("damaged_method", 12)
    world.go(*ORDERS_STAGES)
    assert world.states() == {"acknowledged": 20}
    assert sum("Engraving: " in (notes or "") for notes in notes_there(world)) == 8
    rows = world.rows("SELECT DISTINCT ship_method FROM fulfillment_order")
    assert rows
    assert not any("&" in row.ship_method or "<" in row.ship_method for row in rows)
