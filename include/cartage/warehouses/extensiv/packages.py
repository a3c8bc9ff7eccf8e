"""The packages of an order, from all three places that may name a tracking number. Pure.

Source: warehouse-apis.md, section 2, "Tracking".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from cartage.model.orders import Package, PackageContent
from cartage.model.packages import read_packages
from cartage.model.tracking_numbers import number_identity, split_numbers
from cartage.warehouses.extensiv import wire

# Ids that a warehouse writes where a carton has none.
_NO_IDS = frozenset({"", "0"})


def packages(order: wire.Order) -> tuple[Package, ...]:
    """Return the packages of an order, each once.

    A package is identified by its packageId; without one, or if another carton has the same, by its tracking number.
    A number that is only in routingInfo or parcelResponse belongs to a carton without one; otherwise it is a package
    identified by that number, unless it is the master number of several packages.
    """
    routing = order.routing_info or wire.Routing()
    lines = {item.read_only.order_item_id: item for item in order.items if item.read_only.order_item_id}
    cartons = _cartons(order)
    taken = {number_identity(number) for carton in cartons for number in carton.numbers}
    labels = _without(_labels(order), taken)
    leads = _without(split_numbers(routing.tracking_number), {*taken, *map(number_identity, labels)})
    if len(leads) == 1 and len(taken) + len(labels) > 1:
        leads = []
    loose = [*leads, *labels]
    found = []
    for key, carton in zip(_keys(cartons), cartons, strict=True):
        number = carton.field if carton.numbers or not loose else loose.pop(0)
        contents = tuple(_contents(carton, lines))
        found.append(Package(key, number, routing.carrier, routing.mode, contents))
    found += [Package(number, number, routing.carrier, routing.mode) for number in loose]
    return tuple(read_packages(found))


def line_content(line: wire.OrderItem, quantity: Decimal) -> PackageContent:
    """Return this quantity of a line; its external id is the store's line id, if it is a number."""
    number = int(line.external_id) if line.external_id.isdecimal() else None
    return PackageContent(line.item_identifier.sku, quantity, number)


@dataclass(frozen=True, slots=True)
class _Carton:
    """A carton, from every place that lists it."""

    package_id: str
    field: str
    numbers: tuple[str, ...]
    contents: tuple[wire.PackageContentEntry, ...]

    @classmethod
    def of(cls, entry: wire.PackageEntry) -> _Carton:
        package_id = "" if entry.package_id in _NO_IDS else entry.package_id
        numbers = tuple(split_numbers(entry.tracking_number))
        return cls(package_id, entry.tracking_number, numbers, entry.contents)

    def is_also(self, other: _Carton) -> bool:
        """Return whether the entry of another place is this carton."""
        if self.package_id and other.package_id:
            return self.package_id == other.package_id
        ours, theirs = ({*map(number_identity, carton.numbers)} for carton in (self, other))
        return not (ours and theirs) or bool(ours & theirs)

    def with_entry(self, other: _Carton) -> _Carton:
        return replace(
            self,
            package_id=self.package_id or other.package_id,
            field=self.field if self.numbers else other.field,
            numbers=self.numbers or other.numbers,
            contents=self.contents or other.contents,
        )


def _cartons(order: wire.Order) -> list[_Carton]:
    """Return the cartons. Both places list the same ones; within one place, each entry is a carton of its own."""
    cartons = [_Carton.of(entry) for entry in order.read_only.packages]
    unmatched = list(range(len(cartons)))
    for carton in map(_Carton.of, order.embedded_packages):
        place = next((place for place in unmatched if cartons[place].is_also(carton)), None)
        if place is None:
            cartons.append(carton)
        else:
            unmatched.remove(place)
            cartons[place] = cartons[place].with_entry(carton)
    return cartons


def _keys(cartons: Sequence[_Carton]) -> Iterator[str]:
    """Yield the key of each carton: its id, if no other has it, else its number, else its place among those without."""
    ids = Counter(carton.package_id for carton in cartons)
    before: Counter[str] = Counter()
    for carton in cartons:
        if carton.package_id and ids[carton.package_id] == 1:
            yield carton.package_id
            continue
        number = next(iter(carton.numbers), "")
        before[number] += not (number and carton.package_id)
        place = before[number]
        yield f"carton {place}" if not number else f"{number}#{place}" if place > 1 else number


def _labels(order: wire.Order) -> Iterator[str]:
    for response in (order.parcel_response, order.read_only.parcel_response):
        for field in response.tracking_numbers if response else ():
            yield from split_numbers(field)


def _without(numbers: Iterable[str], taken: set[str]) -> list[str]:
    unique = {number_identity(number): number for number in numbers}
    return [number for identity, number in unique.items() if identity not in taken]


def _contents(carton: _Carton, lines: dict[str, wire.OrderItem]) -> Iterator[PackageContent]:
    for content in carton.contents:
        line = lines.get(content.order_item_id)
        if line is not None:
            yield line_content(line, content.qty)
