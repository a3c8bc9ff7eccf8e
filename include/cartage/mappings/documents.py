"""Mapping rules as JSON documents and back: for the ledger's tables and its queued jobs. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cartage.lanes.settings.mappings import TextMatch
from cartage.mappings.rules import MethodRule, Part, Rule, SkuRule
from cartage.model.orders import ShipMethod


def rule_document(rule: Rule) -> dict[str, Any]:
    """Return the rule as a JSON document with the names of the ledger's columns."""
    common = {
        "store": rule.store,
        "warehouse": rule.warehouse,
        "valid_from": _iso(rule.valid_from),
        "valid_until": _iso(rule.valid_until),
    }
    if isinstance(rule, SkuRule):
        items = [{"sku": part.sku, "quantity": part.quantity} for part in rule.parts]
        return {**common, "kind": "sku", "position": 0, "target": items}
    method = {name: getattr(rule.method, name) for name in ShipMethod.__slots__}
    return {
        **common,
        "kind": "ship_method",
        "match": rule.match.value,
        "position": rule.order,
        "target": method,
    }


def rule_from(document: Mapping[str, Any]) -> Rule:
    """Return the rule of a document or of a row of the ledger."""
    store, target = document["store"], document["target"]
    # Jobs of earlier versions name no warehouse.
    valid = (
        _moment(document["valid_from"]),
        _moment(document["valid_until"]),
        document.get("warehouse") or "",
    )
    if document["kind"] == "sku":
        return SkuRule(store, _parts(target), *valid)
    match = TextMatch(document["match"])
    return MethodRule(store, ShipMethod(**target), match, document["position"], *valid)


def _parts(target: Sequence[Mapping[str, Any]]) -> tuple[Part, ...]:
    return tuple(Part(part["sku"], part["quantity"]) for part in target)


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _moment(written: str | datetime | None) -> datetime | None:
    return datetime.fromisoformat(written) if isinstance(written, str) else written
