"""The house: rooms use only rooms below them, and no folder or module grows too large to know."""

from __future__ import annotations

from collections import Counter

from tests.architecture.house import House, Room, breaches, drawing, read, too_large


def test_rooms_use_only_rooms_below_them_and_none_is_too_large() -> None:
    house = read()
    assert len(house.arrows) > 50
    assert breaches(house) == []


def test_an_import_up_or_between_rooms_of_one_floor_is_named() -> None:
    rooms = [[Room("high", 1, 1)], [Room("left", 1, 1), Room("right", 1, 1)]]
    house = House(
        rooms, Counter({("left", "high"): 1, ("left", "right"): 1, ("high", "right"): 1}), frozenset()
    )
    found = [line for line in breaches(house) if line not in too_large()]
    assert found == ["left imports high, which is not below it", "left imports right, which is not below it"]


def test_rooms_that_may_meet_are_no_breach() -> None:
    rooms = [[Room("left", 1, 1), Room("right", 1, 1)]]
    house = House(rooms, Counter({("left", "right"): 1}), frozenset({"left", "right"}))
    assert [line for line in breaches(house) if line not in too_large()] == []


def test_every_room_is_drawn() -> None:
    house = read()
    svg = drawing(house)
    names = [room.name for rooms in house.floors for room in rooms]
    assert len(names) > 15
    assert [name for name in names if f">{name}</text>" not in svg] == []
