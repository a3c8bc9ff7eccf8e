"""A correction of a shipment's address or ship method: what it changes, and what of that the store still lacks. Pure.

The names are those of `cartage.model.orders.Address`, and `ship_method`. The store's columns and their lengths are in
3dcart-api.md, section 4.2. That a write to a shipment may change its address is not documented (UNVERIFIED).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cartage.model.documents import address_from
from cartage.model.orders import Address, ShipGroup
from cartage.storefront.wire.bodies import method_name

ADDRESS_FIELDS = ("name", "company", "address1", "address2", "city", "state", "zip_code", "country", "phone")
"""The fields of an address that a person can correct."""

SHIP_METHOD = "ship_method"

_COLUMNS = {
    "company": ("ShipmentCompany", 200),
    "address1": ("ShipmentAddress", 255),
    "address2": ("ShipmentAddress2", 50),
    "city": ("ShipmentCity", 50),
    "state": ("ShipmentState", 50),
    "zip_code": ("ShipmentZipCode", 20),
    "country": ("ShipmentCountry", 50),
    "phone": ("ShipmentPhone", 50),
    SHIP_METHOD: ("ShipmentMethodName", 150),
}
_FIRST_NAME, _LAST_NAME = ("ShipmentFirstName", 100), ("ShipmentLastName", 50)


@dataclass(frozen=True, slots=True)
class CorrectionPlan:
    """What is left to do about a correction, by the shipment as the store shows it.

    `write` are the fields to write. `overtaken` are those that the store shows with neither an old nor the corrected
    text: somebody changed them there. `unfit` are those whose texts the store has no room or no characters for.
    """

    write: Mapping[str, str]
    overtaken: tuple[str, ...] = ()
    unfit: tuple[str, ...] = ()

    @property
    def is_done(self) -> bool:
        """Whether the store shows the correction."""
        return not self.write and not self.overtaken


@dataclass(frozen=True, slots=True)
class Correction:
    """A ship group as a person corrected it, and the texts that the store may still show of it.

    `known` are the texts of the store's copy, and of each earlier correction that was written, or may have been.
    """

    shipment_id: int
    known: tuple[Mapping[str, str], ...]
    after: Mapping[str, str]

    @classmethod
    def of(
        cls, copy: ShipGroup, ship_to: Address, ship_method: str, written: Iterable[ShipGroup] = ()
    ) -> Correction:
        """Return what a person corrected of the store's copy of a ship group; other spellings alone change nothing."""
        known = tuple(_texts(group) for group in (copy, *written))
        texts = _texts(replace(copy, ship_to=ship_to, ship_method=ship_method))
        changed = {
            name: text
            for name, text in texts.items()
            if any(not _equal(name, text, old[name]) for old in known)
        }
        return cls(copy.shipment_id, known, changed)

    def plan(self, shown: ShipGroup) -> CorrectionPlan:
        """Return what is left to do, by the ship group as the store shows it now."""
        texts = _texts(shown)
        missing = [name for name in self.after if not _equal(name, texts[name], self.after[name])]
        overtaken = tuple(
            name for name in missing if not any(_equal(name, texts[name], old[name]) for old in self.known)
        )
        return CorrectionPlan(
            {name: self.after[name] for name in missing},
            overtaken,
            tuple(name for name in missing if not _fits(name, self.after[name])),
        )


def undo_correction(shown: ShipGroup, copy: ShipGroup, written: Sequence[ShipGroup]) -> ShipGroup:
    """Return the ship group as it was in the store's `copy`, if it shows one of the corrections that were written.

    What they did not change stays as it is shown.
    """
    texts, old = _texts(shown), _texts(copy)
    for group in reversed(written):
        new = _texts(group)
        changed = [name for name in new if not _equal(name, new[name], old[name])]
        if changed and all(_equal(name, texts[name], new[name]) for name in changed):
            undone = {name: old[name] for name in changed}
            method = undone.pop(SHIP_METHOD, shown.ship_method)
            return replace(shown, ship_to=replace(shown.ship_to, **undone), ship_method=method)
    return shown


def copied_group(document: Mapping[str, Any]) -> ShipGroup:
    """Return address and ship method of a ship group in a sales order's document, without its lines."""
    method = document.get("ship_method", "")
    return ShipGroup(document["shipment_id"], address_from(document["ship_to"]), method, ())


def correction_body(fields: Mapping[str, str]) -> dict[str, str]:
    """Return the body of a write to a shipment that sets these fields. An empty text empties the field."""
    body: dict[str, str] = {}
    for name, text in fields.items():
        if name == "name":
            first, _, last = text.rpartition(" ")
            body |= {_FIRST_NAME[0]: first, _LAST_NAME[0]: last}
        else:
            body[_COLUMNS[name][0]] = method_name(text) if name == SHIP_METHOD else text
    return body


def _texts(group: ShipGroup) -> dict[str, str]:
    return {**{name: getattr(group.ship_to, name) for name in ADDRESS_FIELDS}, SHIP_METHOD: group.ship_method}


def _equal(name: str, first: str, second: str) -> bool:
    """Return whether two texts of a field are the same to the store: it has fewer characters for ship methods."""
    if name == SHIP_METHOD:
        return method_name(first).casefold() == method_name(second).casefold()
    return first.casefold() == second.casefold() if name == "country" else first == second


def _fits(name: str, text: str) -> bool:
    if name == "name":
        first, _, last = text.rpartition(" ")
        return len(first) <= _FIRST_NAME[1] and len(last) <= _LAST_NAME[1]
    if name == SHIP_METHOD:
        # A name of other characters alone would empty the field.
        return len(text) <= _COLUMNS[name][1] and bool(method_name(text)) == bool(text)
    return len(text) <= _COLUMNS[name][1]
