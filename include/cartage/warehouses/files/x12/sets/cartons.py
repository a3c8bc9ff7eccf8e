"""The packages of a 945, from every place that may name a tracking number: in each LX loop, and in the header. Pure.

A loop is a carton with some partners, and a line with others (connectors.md, section 6.3). So the loops with one
number are one package, and what a number of the header covers is what no loop's number does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from cartage.model.orders import Package, PackageContent
from cartage.model.tracking_numbers import number_identity, split_numbers

_UNNAMED = "shipment"


@dataclass(frozen=True, slots=True)
class Loop:
    """What an LX loop says: its tracking numbers by identity, the mark of its carton (an SSCC), and its contents."""

    numbers: Mapping[str, str]
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


def tracking_numbers(texts: Iterable[str]) -> Mapping[str, str]:
    """Return the numbers in these texts by their identity; a note is none."""
    return dict(pair for text in texts for pair in _identified(text))


@lru_cache(maxsize=1024)
def _identified(text: str) -> tuple[tuple[str, str], ...]:
    """Return the numbers in a text, each after its identity. A carton's number comes with each of its lines."""
    return tuple((number_identity(number), number) for number in split_numbers(text))


def packages(
    header: Mapping[str, str], loops: Sequence[Loop], *, carrier: str, service: str
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
            # A mark can be another carton's number, and is not the same package then.
            key = f"mark {loop.mark}"
            cartons.setdefault(key, _Carton(key)).contents += loop.contents
        else:
            loose += loop.contents
    further = {identity: number for identity, number in header.items() if identity not in cartons}
    _add_header(cartons, further, loose)
    return tuple(carton.package(carrier, service) for carton in cartons.values())


def _add(cartons: dict[str, _Carton], numbers: Mapping[str, str], contents: Sequence[PackageContent]) -> None:
    for place, (identity, number) in enumerate(numbers.items()):
        carton = cartons.setdefault(identity, _Carton(number, number))
        if place == 0:
            carton.contents += contents
        else:
            carton.shared = carton.shared or bool(contents)


def _add_header(
    cartons: dict[str, _Carton], numbers: Mapping[str, str], loose: Sequence[PackageContent]
) -> None:
    """Give the header's numbers to what has none. Where every carton has one, they are master numbers."""
    unnumbered = [carton for carton in cartons.values() if not carton.number]
    if numbers and len(numbers) == len(unnumbered) and not loose:
        for carton, number in zip(unnumbered, numbers.values(), strict=True):
            carton.number = number
    elif numbers and (loose or unnumbered or not cartons):
        _add(cartons, numbers, loose)
        for identity in numbers:
            cartons[identity].shared = cartons[identity].shared or bool(unnumbered)
    elif loose or not cartons:
        cartons[_UNNAMED] = _Carton(_UNNAMED, contents=list(loose))
