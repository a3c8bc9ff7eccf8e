"""The packages of one shipment, whatever the warehouse wrote into their tracking fields: each once, each stable. Pure.

A field may name several numbers, or hold a note; one number may be written in two ways, or in two places; two packages
may have one key. The ledger keeps a package for each number, and recognises it in the next poll.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count

from cartage.model.orders import Package, PackageContent
from cartage.model.tracking_numbers import number_identity, split_numbers

# No carrier's number is as long. What a field holds beyond is shown as far as the ledger can index it.
_LONGEST = 200


def read_packages(reported: Iterable[Package]) -> list[Package]:
    """Return each package once, under a key of its own, with one bare number or none. Reading twice changes nothing.

    Where a field names several numbers, the package keeps the first that no other package has. Further ones belong to
    the packages without a number; what is left over is packages whose contents are None, counted with the first. Two
    packages with one number are one, unless both have contents: then they are two under one label.
    """
    fields = [(package, _numbers(package)) for package in _with_own_keys(reported)]
    found: dict[int, Package] = {}
    taken: dict[str, int] = {}
    # Whichever has the fewest numbers to choose from chooses first.
    for place in sorted(range(len(fields)), key=lambda place: len(fields[place][1])):
        package, numbers = fields[place]
        free = [number for number in numbers if number_identity(number) not in taken]
        number = next(iter(free or numbers), "")
        at = taken.setdefault(number_identity(number), place) if number else place
        if at != place and not (package.contents and found[at].contents):
            found[at] = _merged(found[at], package)
        else:
            found[place] = replace(package, tracking=number)
    unnumbered = [place for place in sorted(found) if not found[place].tracking]
    further: dict[int, list[Package]] = {}
    keys = {package.key for package in found.values()}
    for place, (package, numbers) in enumerate(fields):
        for number in numbers:
            identity = number_identity(number)
            if taken.setdefault(identity, place) != place or number == found[place].tracking:
                continue
            if unnumbered:
                other = unnumbered.pop(0)
                found[other] = replace(found[other], tracking=number)
            else:
                key = _own_key(f"{package.key}+{identity}", keys)
                further.setdefault(place, []).append(
                    replace(package, key=key, tracking=number, contents=None)
                )
    return [each for place in sorted(found) for each in (found[place], *further.get(place, ()))]


def _numbers(package: Package) -> list[str]:
    return [number[:_LONGEST] for number in split_numbers(package.tracking)]


def _merged(first: Package, second: Package) -> Package:
    """Return the package that two entries describe, under the key of the one that says what it holds."""
    main, other = (second, first) if second.contents and not first.contents else (first, second)
    return replace(
        main,
        # A note such as "N/A" is no number, and must not displace one.
        tracking=first.tracking if _numbers(first) else second.tracking,
        carrier=main.carrier or other.carrier,
        service=main.service or other.service,
        contents=main.contents or other.contents,
        carrier_at=main.carrier_at or other.carrier_at,
    )


def _with_own_keys(packages: Iterable[Package]) -> list[Package]:
    """Return the packages; of those with one key, the same twice is one, and each further one has a number added."""
    kept: dict[str, Package] = {}
    for package in packages:
        other = kept.get(package.key)
        if other is not None and _is_same(other, package):
            kept[package.key] = _merged(other, package)
        else:
            key = _own_key(package.key, kept)
            kept[key] = replace(package, key=key)
    return list(kept.values())


def _own_key(key: str, others: Container[str]) -> str:
    names = chain([key], (f"{key}#{number}" for number in count(2)))
    return next(name for name in names if name not in others)


def _is_same(first: Package, second: Package) -> bool:
    numbers = [{*map(number_identity, _numbers(package))} for package in (first, second)]
    contents: set[tuple[PackageContent, ...]] = {first.contents or (), second.contents or ()} - {()}
    return (numbers[0] == numbers[1] or not all(numbers)) and len(contents) <= 1


@dataclass(frozen=True, slots=True)
class KnownPackage:
    """A package of a shipment as the ledger has it; `had_number` includes a number that it has now."""

    id: int
    key: str
    tracking: str
    voided: bool
    had_number: bool


def renamed_packages(known: Iterable[KnownPackage], reported: Sequence[Package]) -> Mapping[int, str]:
    """Return the new key of each known package that is reported under another one with the same number, by its id.

    A warehouse may name a number at first and the carton only later: that is still the same package.
    """
    rows = list(known)
    keys, names = {row.key for row in rows}, {package.key for package in reported}
    waiting: dict[str, list[str]] = {}
    for package in reported:
        if package.tracking and package.key not in keys:
            waiting.setdefault(number_identity(package.tracking), []).append(package.key)
    renamed: dict[int, str] = {}
    for row in sorted(rows, key=lambda row: (row.voided, row.id)):
        if row.key not in names and row.tracking and (new := waiting.get(number_identity(row.tracking))):
            renamed[row.id] = new.pop(0)
    return renamed
