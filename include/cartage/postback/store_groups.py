"""A ship group as the store has it: one tracking field for all fulfillment orders that fill it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row


@dataclass(frozen=True, slots=True)
class StoreGroup:
    """The live parts of a ship group, with every package that the group ever had, in the order in which they shipped.

    `id` is the first part's, under which writes are recorded. `unsettled` are numbers of shipments whose creation had
    an unknown outcome, `under_way` says that a write of the field may still be carried out.
    """

    id: int
    shipment_id: int
    ship_to: dict[str, Any]
    parts: tuple[Row[Any], ...]
    packages: Sequence[dict[str, Any]]
    unsettled: frozenset[str]
    under_way: bool

    @property
    def warehouses(self) -> Mapping[int, str]:
        """The warehouse of each part, by its number; empty where one fulfillment order fills the group."""
        return {part.part: part.warehouse for part in self.parts} if len(self.parts) > 1 else {}

    def orders_of(self, package_ids: Iterable[int]) -> tuple[int, ...]:
        """Return the live parts that these packages are of, the first part for those of none."""
        wanted = set(package_ids)
        numbers = {package["part"] for package in self.packages if package["id"] in wanted}
        found = [part.id for part in self.parts if part.part in numbers]
        return tuple(found) or (self.id,)


def store_groups(rows: Iterable[Row[Any]]) -> list[StoreGroup]:
    """Return the ship groups of one sales order's live fulfillment orders.

    Each row has the packages of its whole group; those of a part say so by their `part`.
    """
    groups: dict[int, list[Row[Any]]] = {}
    for row in rows:
        groups.setdefault(row.shipment_id, []).append(row)
    return [_group(sorted(parts, key=lambda row: row.part)) for parts in groups.values()]


def own_packages(row: Row[Any], parts: int) -> list[dict[str, Any]]:
    """Return the packages of a fulfillment order that is one of so many parts."""
    return [package for package in row.packages if parts == 1 or package["part"] == row.part]


def _group(parts: Sequence[Row[Any]]) -> StoreGroup:
    first = parts[0]
    return StoreGroup(
        first.id,
        first.shipment_id,
        first.ship_to,
        tuple(parts),
        first.packages,
        frozenset(number for part in parts for number in part.unsettled),
        any(part.under_way for part in parts),
    )
