"""What an inventory file says: the stock of each SKU. Pure.

A SKU is left out as a whole if one of its rows cannot be read: a part of its stock would be less than there is. A file
with such rows is no longer full, because the SKUs that it lacks may be in those rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

from cartage.warehouses.files.profiles.reading.entries import FileEntry, TableReader, UnreadableField
from cartage.warehouses.files.profiles.reading.table import UntrustedTable
from cartage.warehouses.files.profiles.reading.values import UnreadableCell, read_moment
from cartage.warehouses.files.profiles.settings.inbound import (
    InventoryContent,
    InventoryFiles,
    RepeatedSku,
    ZeroStock,
)
from cartage.warehouses.listed import StockLevel
from cartage.warehouses.unreadable import RowKind, UnreadableRow

_DIGITS = {
    "Y": r"\d{4}",
    "b": r"[A-Za-z]{3}",
    "j": r"\d{3}",
    "p": r"[AaPp][Mm]",
    "z": r"(?:Z|[+-]\d\d:?\d\d)",
}

_TWO_DIGITS = r"\d{2}"


@dataclass(frozen=True, slots=True)
class ReadInventory:
    """The stock of a file's SKUs. `full` is False if a SKU that it does not have keeps its last level."""

    levels: tuple[StockLevel, ...] = ()
    full: bool = True
    as_of: datetime | None = None
    unreadable: tuple[UnreadableRow, ...] = ()


def read_inventory(
    reader: TableReader, settings: InventoryFiles, name: str, *, released: bool = False
) -> ReadInventory:
    """Return what a file of this name says.

    Raises:
        UntrustedTable: if it has no row, and may not be empty.
    """
    levels: dict[str, StockLevel] = {}
    damaged: set[str] = set()
    unreadable: list[UnreadableRow] = []
    seen = False
    for entry in reader.entries():
        seen = True
        if entry.wrong_count:
            unreadable.append(entry.miscounted(RowKind.STOCK))
            damaged.add(entry.likely_key("sku"))
            continue
        sku = ""
        try:
            sku = entry.key("sku", needed=True)
            level = _level(entry, sku, reader.names)
            repeated = levels.get(sku)
            if repeated is not None and settings.repeated_sku is RepeatedSku.UNREADABLE:
                fix = "Ask the warehouse what it means; or set `repeated_sku` in the profile."
                raise entry.fault("sku", UnreadableCell("the SKU of another row", fix))
        except UnreadableField as fault:
            unreadable.append(entry.unreadable(RowKind.STOCK, fault, sku))
            damaged.add(sku)
            continue
        adds = repeated is not None and settings.repeated_sku is RepeatedSku.ADD
        levels[sku] = _sum(repeated, level) if adds and repeated is not None else level
    if not seen and not settings.may_be_empty and not released:
        fix = "Ask the warehouse; or set `may_be_empty: true` in the profile, if an empty file means no stock at all."
        raise UntrustedTable("it has no row", fix=fix)
    kept = [level for level in levels.values() if level.sku not in damaged and _is_reported(level, settings)]
    times = [level.as_of for level in kept if level.as_of is not None]
    return ReadInventory(
        tuple(kept),
        settings.content is InventoryContent.FULL and not unreadable and settings.zero is ZeroStock.NONE_LEFT,
        time_of_name(name, settings) or min(times, default=None),
        tuple(unreadable),
    )


def time_of_name(name: str, settings: InventoryFiles) -> datetime | None:
    """Return the time that a file's name has where the profile says it; None if it has none."""
    if settings.name_time is None:
        return None
    pattern, time_format = _name_pattern(settings.name_time)
    found = pattern.fullmatch(name)
    if found is None:
        return None
    try:
        return read_moment(" ".join(found.groups()), (time_format,), ZoneInfo(settings.time_zone))
    except UnreadableCell:
        return None


@cache
def _name_pattern(name_time: str) -> tuple[re.Pattern[str], str]:
    """Return the pattern of a name, with a group for each part of a time, and the format of the groups together."""
    pattern, formats = "", []
    for part in re.findall(r"%.|\*|\?|[^%*?]+", name_time):
        if part.startswith("%") and part != "%%":
            pattern += f"({_DIGITS.get(part[1], _TWO_DIGITS)})"
            formats.append(part)
        else:
            pattern += {"*": ".*", "?": ".", "%%": "%"}.get(part, re.escape(part))
    return re.compile(pattern, re.IGNORECASE | re.DOTALL), " ".join(formats)


def _level(entry: FileEntry, sku: str, names: Iterable[str]) -> StockLevel:
    found = {name: entry.quantity(name) for name in ("available", "on_hand", "allocated", "on_hold")}
    needed = [name for name in ("available", "on_hand") if name in names]
    if all(found[name] is None for name in needed):
        raise entry.fault(needed[0], UnreadableCell("missing", "Ask the warehouse to fill it in."))
    allocated, on_hold = found["allocated"] or Decimal(0), found["on_hold"] or Decimal(0)
    available, on_hand = found["available"], found["on_hand"]
    on_hand_only = available is None and "allocated" not in names
    if available is None:
        available = (on_hand or Decimal(0)) - allocated - on_hold
    if on_hand is None:
        on_hand = available + allocated + on_hold
    as_of = entry.time("as_of")
    return StockLevel(sku, on_hand, available, allocated, on_hold, as_of=as_of, on_hand_only=on_hand_only)


def _sum(first: StockLevel, second: StockLevel) -> StockLevel:
    times = [level.as_of for level in (first, second) if level.as_of is not None]
    return StockLevel(
        first.sku,
        first.on_hand + second.on_hand,
        first.available + second.available,
        first.allocated + second.allocated,
        first.on_hold + second.on_hold,
        as_of=min(times, default=None),
        on_hand_only=first.on_hand_only or second.on_hand_only,
    )


def _is_reported(level: StockLevel, settings: InventoryFiles) -> bool:
    return settings.zero is ZeroStock.NONE_LEFT or any(
        (level.available, level.on_hand, level.allocated, level.on_hold)
    )
