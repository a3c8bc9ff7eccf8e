"""Whether a lane has one warehouse or several, in its settings as they are written. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cartage.lanes.mistakes import Path, SettingFinding

_FORMS = "Write `warehouse`, or several by name under `warehouses`."


def warehouse_sections(data: Mapping[str, Any]) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Yield the settings of each warehouse that are a mapping, with their path below the lane."""
    if isinstance(single := data.get("warehouse"), dict):
        yield ("warehouse",), single
    for name, own in named_warehouses(data).items():
        if isinstance(own, dict):
            yield ("warehouses", name), own


def named_warehouses(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what is written under `warehouses`, by name; empty if that is no mapping."""
    found = data.get("warehouses")
    return found if isinstance(found, dict) else {}


def form_mistakes(data: Mapping[str, Any]) -> Iterator[SettingFinding]:
    """Yield what is wrong with the form: no warehouse, both forms, or settings that only several warehouses have."""
    has_one, has_several = "warehouse" in data, "warehouses" in data
    if not has_one and not has_several:
        yield SettingFinding(("warehouse",), "is missing", _FORMS)
    elif has_one and has_several:
        message = "this lane also has `warehouse`, and can have only one of the two"
        fix = "Move it under `warehouses` with a name, as the first, and remove `warehouse`."
        yield SettingFinding(("warehouses",), message, fix)
    elif has_one and data["warehouse"] is None:
        yield SettingFinding(("warehouse",), "is empty", _FORMS)
    elif has_several and data["warehouses"] == {}:
        yield SettingFinding(("warehouses",), "is empty", _FORMS)
    if "routing" in data and data["routing"] and not has_several:
        fix = "Remove it, or write several warehouses by name under `warehouses`."
        yield SettingFinding(("routing",), "is for lanes with several warehouses", fix)
    yield from _own_mappings(data)
    yield from _own_stock(data)


def _own_mappings(data: Mapping[str, Any]) -> Iterator[SettingFinding]:
    if data.get("mappings") != "ledger":
        return
    for name, own in named_warehouses(data).items():
        for section in ("ship_methods", "skus"):
            if isinstance(own, dict) and own.get(section):
                yield SettingFinding(
                    ("warehouses", name, section),
                    "mappings are kept in the ledger, this warehouse's own too",
                    "Import them into the ledger (`cartage mappings import` reads what `export` writes), then remove "
                    "them.",
                )


def _own_stock(data: Mapping[str, Any]) -> Iterator[SettingFinding]:
    if data.get("inventory") is not None:
        return
    for name, own in named_warehouses(data).items():
        if isinstance(own, dict) and own.get("inventory"):
            yield SettingFinding(
                ("warehouses", name, "inventory"),
                "the lane has no `inventory`, so nobody reads this warehouse's stock",
                "Write `inventory: {}` at the lane, or remove this.",
            )
