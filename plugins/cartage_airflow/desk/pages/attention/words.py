"""What the page calls entries: titles, kinds and what is counted. Pure."""

from __future__ import annotations

from cartage.inventory.breaker import why_paused
from cartage.monitoring.checks.words import EXCEPTIONS
from cartage.operations.attention.entries import AttentionKind, Entry
from cartage.operations.attention.views import Detail
from cartage.redaction import redact
from cartage.validation.hold_rules import HoldSource
from cartage_airflow.desk.rendering import numbered

KINDS = {
    AttentionKind.CAUSE: "Blocked",
    AttentionKind.EXCEPTION: "Exceptions",
    AttentionKind.HOLD: "Held",
    AttentionKind.STOCK: "Stock",
    AttentionKind.FILE: "Files",
    AttentionKind.LATE: "Late orders",
    AttentionKind.RUN: "Runs",
}

BADGES = {
    AttentionKind.CAUSE: "blocked",
    AttentionKind.EXCEPTION: "decide",
    AttentionKind.HOLD: "held",
    AttentionKind.STOCK: "stock",
    AttentionKind.FILE: "file",
    AttentionKind.LATE: "late",
    AttentionKind.RUN: "run",
}

_UNITS = {AttentionKind.STOCK: "figure", AttentionKind.FILE: "file"}


def title_of(entry: Entry, detail: Detail) -> str:
    """Return one sentence that says what is wrong; the detail is not gone."""
    if entry.alert_id and detail.alert:
        return redact(detail.alert.alert.title)
    if detail.cause:
        return detail.cause.message[:1].upper() + detail.cause.message[1:]
    if detail.exceptions:
        return _exceptions(entry, detail)
    if detail.holds:
        return _holds(entry, detail)
    if detail.push:
        return f"A push of stock is paused: {why_paused(detail.push)}"
    return "A file is in quarantine" if entry.orders == 1 else "Files are in quarantine"


def extent_of(entry: Entry, detail: Detail) -> str:
    """Return how much the entry concerns: `12 orders`, `3 files`; empty if that is not known."""
    if not entry.orders:
        return ""
    unit = _UNITS.get(entry.kind, "order")
    if detail.cause and not detail.cause.orders.counted:
        unit = "row"
    return f"{entry.orders:,} {unit}{'' if entry.orders == 1 else 's'}"


def _exceptions(entry: Entry, detail: Detail) -> str:
    first = detail.exceptions[0]
    if entry.orders == 1:
        return numbered(first.message, first.order_id, first.invoice)
    words = EXCEPTIONS[entry.key]
    return f"{words[:1].upper()}{words[1:]}"


def _holds(entry: Entry, detail: Detail) -> str:
    first = detail.holds[0]
    if first.source is HoldSource.RULE:
        return f"Held by the rule {first.rule}: {first.reason}"
    if entry.orders == 1:
        return f"Order {first.invoice or first.order_id} is held: {first.reason}"
    return "Possible duplicates are held" if first.source is HoldSource.DUPLICATE else "Held by people"
