"""The parts of one ship group, compared together with the store's present copy of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cartage.changes.repo.sent_orders import SentGroup
from cartage.changes.versions import Version, address_differences, differences
from cartage.intake.order_rows import NewGroup
from cartage.intake.parts_of_groups import share_group
from cartage.model.states import UNSENT, State


def parts_by_group(groups: Sequence[SentGroup]) -> dict[int, list[SentGroup]]:
    """Return fulfillment orders by ShipmentID, those of one ship group by part."""
    found: dict[int, list[SentGroup]] = {}
    for group in sorted(groups, key=lambda each: (each.shipment_id, each.part)):
        found.setdefault(group.shipment_id, []).append(group)
    return found


def sent_parts(parts: Sequence[SentGroup]) -> list[SentGroup]:
    """Return those parts that an edit concerns: sent, and not cancelled by the warehouse or a person there."""
    return [
        part
        for part in parts
        if part.state not in UNSENT and (part.state is not State.CANCELLED or part.cancel_wanted)
    ]


def part_differences(parts: Sequence[SentGroup], now: Version, *, with_method: bool) -> list[str]:
    """Return what differs of the sent parts: the place and ship method of each, and the lines of all together."""
    whole = _together(parts)
    found = [
        change
        for part in sent_parts(parts)
        for change in differences(
            replace(part.version, lines=whole.lines, options=whole.options), now, with_method=with_method
        )
    ]
    return list(dict.fromkeys(found))


def parts_to_replace(parts: Sequence[SentGroup], now: Version) -> list[SentGroup]:
    """Return the sent parts that an edit concerns, of several: those that have something which the store changed.

    What was added to the order concerns none: it becomes a further part.
    """
    if len(parts) == 1:
        return list(parts)
    before, after = dict(_together(parts).lines), dict(now.lines)
    changed = {sku for sku in before if before[sku] != after.get(sku)}
    options = set(_together(parts).options) ^ set(now.options)
    changed |= {sku for sku, _ in options if sku in before}
    concerned = [
        part
        for part in sent_parts(parts)
        if address_differences(part.version.ship_to, now.ship_to)
        or (part.version.ship_method != now.ship_method and not part.tracked)
        or changed & {sku for sku, _ in part.version.lines}
    ]
    still_there = [part for part in concerned if part.state is not State.SHIPPED]
    return still_there or concerned


def rest_for(group: NewGroup, others: Sequence[SentGroup]) -> NewGroup:
    """Return what of the store's present copy no other part has."""
    return share_group(group, (line for part in others for line in part.lines))[1]


def _together(parts: Sequence[SentGroup]) -> Version:
    """Return the lines of all parts as one version. A line that is divided has its options once."""
    if len(parts) == 1:
        return parts[0].version
    first = parts[0].version
    options: dict[tuple[int, str], list[tuple[str, str]]] = {}
    for part in parts:
        for (line_id, sku, _), texts in zip(part.lines, part.options, strict=True):
            options.setdefault((line_id, sku), [(sku, text) for text in texts])
    return Version.of(
        first.ship_to,
        first.ship_method,
        [(sku, quantity) for part in parts for _, sku, quantity in part.lines],
        [each for texts in options.values() for each in texts],
    )
