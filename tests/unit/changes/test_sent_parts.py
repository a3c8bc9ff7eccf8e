"""The parts of one ship group, compared together with the store's present copy of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from cartage.changes.repo.sent_orders import SentGroup
from cartage.changes.sent_parts import part_differences, parts_to_replace
from cartage.changes.versions import Version
from cartage.model.orders import Address
from cartage.model.states import State

HOME = Address(address1="1 Elm St", city="Troy", state="NY", zip_code="12180", country="US")
AWAY = replace(HOME, address1="7 Oak St")


def part(
    number: int, state: State = State.ACKNOWLEDGED, texts: tuple[str, ...] = (), **units: int
) -> SentGroup:
    lines = tuple((place, sku, Decimal(quantity)) for place, (sku, quantity) in enumerate(units.items(), 1))
    options = tuple(texts for _ in lines)
    version = Version.of(
        HOME, "UPS", [line[1:] for line in lines], [(sku, text) for _, sku, _ in lines for text in texts]
    )
    return SentGroup(
        number, 0, f"A3_1_0{number}", f"A3_1_0{number}", state, datetime(2026, 7, 1, tzinfo=UTC), "9", False, False,
        version, part=number, lines=lines, options=options,
    )  # fmt: skip


def now(ship_to: Address = HOME, texts: tuple[str, ...] = (), **units: int) -> Version:
    lines = [(sku, Decimal(quantity)) for sku, quantity in units.items()]
    return Version.of(ship_to, "UPS", lines, [(sku, text) for sku in units for text in texts])


def test_parts_that_have_everything_together_do_not_differ() -> None:
    parts = [part(0, MUG=2), part(1, MUG=1, PAN=1), part(2, State.BLOCKED, TEA=1)]
    assert part_differences(parts, now(MUG=3, PAN=1, TEA=1), with_method=True) == []


def test_a_divided_line_has_its_options_once() -> None:
    parts = [part(0, texts=("engrave ANN",), MUG=2), part(1, texts=("engrave ANN",), MUG=1)]
    assert part_differences(parts, now(texts=("engrave ANN",), MUG=3), with_method=True) == []


def test_only_the_part_with_a_changed_line_is_replaced() -> None:
    parts = [part(0, MUG=2), part(1, PAN=1)]
    assert [each.part for each in parts_to_replace(parts, now(MUG=1, PAN=1))] == [0]


def test_what_was_added_replaces_no_part() -> None:
    assert parts_to_replace([part(0, MUG=2), part(1, PAN=1)], now(MUG=2, PAN=1, TEA=1)) == []


def test_another_address_replaces_every_part_that_has_not_shipped() -> None:
    parts = [part(0, State.SHIPPED, MUG=2), part(1, PAN=1)]
    assert [each.part for each in parts_to_replace(parts, now(AWAY, MUG=2, PAN=1))] == [1]


def test_an_order_in_one_part_is_replaced_whole() -> None:
    assert [each.part for each in parts_to_replace([part(0, MUG=2)], now(MUG=2, TEA=1))] == [0]
