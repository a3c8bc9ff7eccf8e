"""The packages of a 945, from every place that may name a tracking number: in each LX loop, and in the header. Pure.

A loop is a carton with some partners, and a line with others (connectors.md, section 6.3). So the loops with one
number are one package, and what a number of the header covers is what no loop's number does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from cartage.model.orders import Package, PackageContent
from cartage.model.tracking_numbers import number_identity, split_numbers

_UNNAMED = "shipment"


@dataclass(frozen=True, slots=True)
class Loop:
    """What an LX loop says: its tracking numbers, the mark of its carton (an SSCC), and its contents."""

    numbers: tuple[str, ...]
    mark: str
    contents: tuple[PackageContent, ...]


@dataclass(slots=True)
class _Carton:
    key: str
    number: str = ""
    contents: list[PackageContent] = field(default_factory=list)
    shared: bool = False

    def package(self, carrier: str, service: str) -> Package:
        contents = tuple(self.contents) or (None if self.shared else ())
        return Package(self.key, self.number, carrier, service, contents)


def tracking_numbers(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the numbers in these texts, each once; a note is none."""
    found = {number_identity(number): number for text in texts for number in split_numbers(text)}
    return tuple(found.values())


def packages(
    header: Sequence[str], loops: Sequence[Loop], *, carrier: str, service: str
) -> tuple[Package, ...]:
    """Return the packages of a shipment, at least one. `header` are the tracking numbers outside of all loops.

    Of several numbers in one loop, the first has the contents; those of the others are None, counted with it.
    """
    cartons: dict[str, _Carton] = {}
    loose: list[PackageContent] = []
    for loop in loops:
        if loop.numbers:
            _add(cartons, loop.numbers, loop.contents)
        elif loop.mark:
            carton = cartons.setdefault(f"mark {loop.mark}", _Carton(loop.mark))
            carton.contents += loop.contents
        else:
            loose += loop.contents
    _add_header(cartons, [number for number in header if number_identity(number) not in cartons], loose)
    return tuple(_once(carton.package(carrier, service) for carton in cartons.values()))


def _add(cartons: dict[str, _Carton], numbers: Sequence[str], contents: Sequence[PackageContent]) -> None:
    for place, number in enumerate(numbers):
        carton = cartons.setdefault(number_identity(number), _Carton(number, number))
        if place == 0:
            carton.contents += contents
        else:
            carton.shared = carton.shared or bool(contents)


def _add_header(cartons: dict[str, _Carton], numbers: Sequence[str], loose: Sequence[PackageContent]) -> None:
    """Give the header's numbers to what has none. Where every carton has one, they are master numbers."""
    unnumbered = [carton for carton in cartons.values() if not carton.number]
    if numbers and len(numbers) == len(unnumbered) and not loose:
        for carton, number in zip(unnumbered, numbers, strict=True):
            carton.number = number
    elif numbers and (loose or unnumbered or not cartons):
        _add(cartons, numbers, loose)
        for number in numbers:
            carton = cartons[number_identity(number)]
            carton.shared = carton.shared or bool(unnumbered)
    elif loose or not cartons:
        cartons[""] = _Carton(_UNNAMED, contents=list(loose))


def _once(found: Iterable[Package]) -> Iterator[Package]:
    """Yield the packages; a mark can be another carton's number."""
    keys: set[str] = set()
    for package in found:
        if package.key not in keys:
            keys.add(package.key)
            yield package
