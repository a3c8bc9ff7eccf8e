"""What is compared of an order, as short texts: one row for each side. Pure.

Three extracts of a hundred thousand orders must fit on a small machine, so a row holds what distinguishes an order and
nothing else. It has no personal data: an address is a digest.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import chain

from cartage.addresses import PlaceKey, address_keys, place_key
from cartage.model.orders import Address, ShipMethod
from cartage.model.packages import read_packages
from cartage.model.skus import folded
from cartage.model.states import AT_WAREHOUSE, UNSENT, State
from cartage.model.statuses import StatusMap
from cartage.model.texts import comparable
from cartage.model.tracking_numbers import number_identity, split_numbers
from cartage.postback.tracking_plan import wanted_status
from cartage.warehouses.contract import RemoteOrder, RemoteState

# Between the entries of a list. No SKU, number or carrier contains it: it is a blank, and those are single.
SEPARATOR = "\n"


@dataclass(frozen=True, slots=True)
class StoreRow:
    """A ship group as the store shows it. `numbers` are all that its order names; `changed` is in seconds (epoch).

    `eligible` is 1 for a group that the lane must import.
    """

    order_id: int
    shipment_id: int
    status: int
    eligible: int
    content: str
    lines: str
    address: str
    method: str
    numbers: str
    changed: float


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """A fulfillment order as the ledger has it.

    `status` are the store's ids that it expects the order to have (empty: any), `wanted` the one that it should have by
    what has shipped. `content` and `seen` are hashes of the copies that it knows. What was sent is in `sent_lines`,
    `sent_place` and `sent_method`. `due` are numbers that the store should have and was not written; `posted` those
    that were written. `explained`: a person decides, or has decided, about it. `busy`: a run works on it. `at` is which
    of the lane's several warehouses has it.
    """

    id: int
    order_id: int
    shipment_id: int
    ref: str
    reference: str
    remote_id: str
    state: str
    superseded: int
    explained: int
    busy: int
    status: str
    wanted: str
    content: str
    seen: str
    lines: str
    address: str
    method: str
    sent_lines: str
    sent_place: str
    sent_method: str
    due: str
    posted: str
    voided: str
    numbers: str
    carriers: str
    changed: float
    part: int = 0
    at: str = ""


@dataclass(frozen=True, slots=True)
class WarehouseRow:
    """An order as the warehouse has it, or a part of one. A text is empty where the warehouse does not say it.

    `at` is which of the lane's several warehouses has it.
    """

    ref: str
    reference: str
    remote_id: str
    state: str
    lines: str
    place: str
    method: str
    numbers: str
    carriers: str
    changed: float
    at: str = ""


# States of a warehouse's order with its split children.
OPEN, PARTLY, SHIPPED, CANCELLED = "open", "partly shipped", "shipped", "cancelled"


def columns_of(row: type[StoreRow | LedgerRow | WarehouseRow]) -> list[str]:
    """Return the names of a row's columns."""
    return [field.name for field in fields(row)]


def values_of(row: StoreRow | LedgerRow | WarehouseRow) -> tuple[object, ...]:
    """Return the values of a row."""
    return tuple(getattr(row, name) for name in row.__slots__)


def epoch(moment: datetime | None) -> float:
    """Return a time in seconds; 0 for none."""
    return moment.astimezone(UTC).timestamp() if moment else 0.0


def line_text(lines: Iterable[tuple[str, Decimal]]) -> str:
    """Return lines as text: the quantity of each SKU, in a fixed order."""
    totals: Counter[str] = Counter()
    for sku, quantity in lines:
        totals[folded(sku)] += quantity  # type: ignore[assignment]
    return SEPARATOR.join(
        f"{format(Decimal(quantity).normalize(), 'f')} x {sku}" for sku, quantity in sorted(totals.items())
    )


def together(texts: Iterable[str]) -> str:
    """Return the lines of several parts as one `line_text`."""
    return line_text(line for text in texts for line in _lines_in(text))


def skus_in(text: str) -> list[str]:
    """Return the SKUs of `line_text`."""
    return [entry.partition(" x ")[2] for entry in text.split(SEPARATOR)] if text else []


def address_text(address: Address) -> str:
    """Return the digest of an address; equal for two spellings of one address, empty for none."""
    keys = address_keys(address)
    if not any(keys.values()):
        return ""
    return hashlib.blake2b(repr(sorted(keys.items())).encode(), digest_size=8).hexdigest()


def place_text(address: Address, secret: bytes) -> str:
    """Return a digest of each part of an address's place, keyed by a secret of the run; empty for no address."""
    key = place_key(address)
    if not any(key.area):
        return ""
    return " ".join(_digest(part, secret) for part in (repr(key.area), *map(str, sorted(key.numbers))))


def is_same_place(sent: str, there: str) -> bool:
    """Return whether all parts of an order go to the place that was sent; where a side is empty, nothing is known."""
    if not sent or not there:
        return True
    return all(_key(part).is_same(_key(sent)) for part in there.split(SEPARATOR))


def _key(text: str) -> PlaceKey:
    area, *numbers = text.split(" ")
    # The digests stand for the values: only their equality matters.
    return PlaceKey((area, ""), frozenset(int(number, 16) for number in numbers))


def _digest(text: str, secret: bytes) -> str:
    return hashlib.blake2b(text.encode(), digest_size=6, key=secret).hexdigest()


def method_text(method: ShipMethod | None) -> str:
    """Return carrier and service in the form that is compared; empty if neither is known."""
    return "" if method is None else comparable(f"{method.carrier} {method.service}", name=True)


def method_texts(method: ShipMethod) -> str:
    """Return all forms in which a warehouse may show a ship method: with its carrier, or without."""
    forms = (f"{method.carrier} {method.service}", method.service, method.carrier)
    return SEPARATOR.join(dict.fromkeys(filter(None, (comparable(form, name=True) for form in forms))))


def number_text(numbers: Iterable[str]) -> str:
    """Return tracking numbers in the form that is compared, each once."""
    return SEPARATOR.join(sorted({number_identity(number) for number in numbers} - {""}))


def numbers_in(text: str) -> set[str]:
    """Return the entries of a list in a row."""
    return set(filter(None, text.split(SEPARATOR)))


def named_numbers(texts: Iterable[str]) -> str:
    """Return all tracking numbers that texts of the store name."""
    return number_text(chain.from_iterable([*split_numbers(text), text] for text in texts))


def carrier_text(packages: Iterable[tuple[str, str]]) -> str:
    """Return the carrier of each tracking number, from pairs of number and carrier."""
    return SEPARATOR.join(
        sorted(
            f"{number_identity(number)} {comparable(carrier, name=True)}"
            for number, carrier in packages
            if number and carrier
        )
    )


def expected_status(
    states: Sequence[str], posted: int | None, person: int | None, statuses: StatusMap
) -> tuple[str, str]:
    """Return the status that the store should show by what the ledger did, and by what has shipped; empty: any.

    `states` are those of the order's live fulfillment orders, `posted` is PROCESSING, PARTIAL or SHIPPED, `person` the
    store's id of a status that a person set, which stands.
    """
    if person is not None:
        return ("" if person == 0 else str(person)), ""
    live = [state for state in states if state not in (State.CANCELLED, State.SKIPPED)]
    wanted = wanted_status(live)
    due = str(statuses.of(wanted)) if wanted and (posted or 0) < wanted else ""
    if posted:
        return str(statuses.of(posted)), due
    if live and all(state in UNSENT - {State.REJECTED} for state in live):
        return str(statuses.import_status), due
    if live and all(state in AT_WAREHOUSE for state in live):
        return str(statuses.processing), due
    return "", due


def part_row(ref: str, order: RemoteOrder, secret: bytes, at: str = "") -> WarehouseRow:
    """Return one order of the warehouse, which may be a part of another one, under its key."""
    packages = read_packages(order.packages)
    return WarehouseRow(
        ref,
        order.reference,
        order.remote_id,
        _STATES[order.state],
        line_text(order.lines),
        place_text(order.ship_to, secret),
        method_text(order.ship_method),
        number_text(package.tracking for package in packages),
        carrier_text((package.tracking, package.carrier) for package in packages),
        epoch(order.modified_at),
        at,
    )


_STATES = {RemoteState.OPEN: OPEN, RemoteState.SHIPPED: SHIPPED, RemoteState.CANCELLED: CANCELLED}


def combined(parts: Sequence[WarehouseRow]) -> WarehouseRow:
    """Return the parts of a split order as one row. Cancelled parts count only if all are."""
    if len(parts) == 1:
        return parts[0]
    live = [part for part in parts if part.state != CANCELLED] or parts
    main = min(live, key=lambda part: (len(part.reference), part.reference))
    states = {part.state for part in live}
    lines = (line for part in live for line in _lines_in(part.lines))
    return replace(
        main,
        state=states.pop() if len(states) == 1 else PARTLY,
        lines=line_text(lines),
        place=_united(part.place for part in live),
        numbers=_united(part.numbers for part in live),
        carriers=_united(part.carriers for part in live),
        changed=max(part.changed for part in parts),
    )


def _lines_in(text: str) -> Iterator[tuple[str, Decimal]]:
    for entry in numbers_in(text):
        quantity, _, sku = entry.partition(" x ")
        yield sku, Decimal(quantity)


def _united(texts: Iterable[str]) -> str:
    return SEPARATOR.join(sorted(set(chain.from_iterable(map(numbers_in, texts)))))
