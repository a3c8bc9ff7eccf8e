"""The list of the cutover as a CSV file that the owner edits: write it, and read it back.

Only `order_id`, `shipment_id`, `status_id`, `warehouse_id` and `decision` are read; the other columns are for people.
A file with a mistake is refused as a whole, with every bad row.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from cartage.cutover.rules import CutoverCandidate, CutoverDecision, suggest_decision
from cartage.errors import SettingsError
from cartage.spreadsheets import csv_delimiter, rows_to_csv, unescape_cell

CUTOVER_COLUMNS = (
    "order_id",
    "shipment_id",
    "invoice",
    "status_id",
    "status",
    "placed_at",
    "ship_to",
    "lines",
    "old_reference",
    "warehouse_id",
    "at_warehouse",
    "suggestion",
    "why",
    "decision",
)
_READ = ("order_id", "shipment_id", "status_id", "warehouse_id", "decision")


@dataclass(frozen=True, slots=True)
class CutoverChoice:
    """A row of the file as the owner saved it. `row` is its line in the file."""

    row: int
    order_id: int
    shipment_id: int
    status_id: int
    warehouse_id: str
    decision: CutoverDecision

    @property
    def key(self) -> tuple[int, int]:
        """OrderID and ShipmentID."""
        return self.order_id, self.shipment_id


def cutover_row(listed: CutoverCandidate, status: str) -> dict[str, str]:
    """Return a row with the suggestion as the decision; `status` is the store's name of the order's status."""
    suggested = suggest_decision(listed)
    order, group, there = listed.order, listed.group, listed.there
    place = " ".join(part for part in (group.ship_to.zip_code, group.ship_to.city) if part)
    return {
        "order_id": str(order.order_id),
        "shipment_id": str(group.shipment_id),
        "invoice": order.invoice,
        "status_id": str(order.status_id),
        "status": status,
        "placed_at": f"{order.ordered_at:%Y-%m-%d %H:%M} UTC" if order.ordered_at else "",
        "ship_to": place,
        "lines": ", ".join(f"{line.quantity:f} x {line.sku}" for line in group.lines),
        "old_reference": listed.old_reference,
        "warehouse_id": there.remote_id if there else "",
        "at_warehouse": there.state if there else "no",
        "suggestion": suggested.decision.value,
        "why": suggested.why,
        "decision": suggested.decision.value,
    }


def cutover_to_csv(rows: Iterable[Mapping[str, str]]) -> str:
    """Return the rows as CSV."""
    return rows_to_csv(CUTOVER_COLUMNS, rows)


def cutover_from_csv(text: str, name: str) -> list[CutoverChoice]:
    """Return the owner's choices, from a file that a spreadsheet may have saved with `;` or tabs. `name` is for errors.

    Raises:
        SettingsError: with every bad row: its line, its column, what is wrong, and the fix.
    """
    text = text.removeprefix("\ufeff")
    reader = csv.DictReader(io.StringIO(text), delimiter=csv_delimiter(text.partition("\n")[0]))
    missing = [column for column in _READ if column not in (reader.fieldnames or ())]
    if missing:
        mistake = (
            f"  row 1: the column(s) {', '.join(missing)} are missing. Write the list again with --write."
        )
        raise SettingsError(name, [mistake])
    mistakes: list[str] = []
    choices = [choice for row in reader if (choice := _choice(reader.line_num, row, mistakes))]
    mistakes += _repeated(choices) + _partly_kept(choices)
    if mistakes:
        raise SettingsError(name, mistakes)
    return choices


def _choice(line: int, row: Mapping[str, str | None], mistakes: list[str]) -> CutoverChoice | None:
    cells = {name: (row.get(name) or "").strip() for name in _READ}
    bad = [
        f"  row {line}, column {name}: {cells[name]!r} is not a number. Restore the value from the written list."
        for name in ("order_id", "shipment_id", "status_id")
        if not cells[name].isdecimal()
    ]
    wanted = cells["decision"].lower()
    if wanted not in {decision.value for decision in CutoverDecision}:
        bad.append(f"  row {line}, column decision: {_unknown_decision(cells['decision'])}")
    mistakes += bad
    if bad:
        return None
    return CutoverChoice(
        row=line,
        order_id=int(cells["order_id"]),
        shipment_id=int(cells["shipment_id"]),
        status_id=int(cells["status_id"]),
        warehouse_id=unescape_cell(cells["warehouse_id"]),
        decision=CutoverDecision(wanted),
    )


def _unknown_decision(decision: str) -> str:
    known = [known_decision.value for known_decision in CutoverDecision]
    near = get_close_matches(decision.lower(), known, 1)
    fix = f"Did you mean {near[0]}?" if near else "Write one of them."
    return f"{decision!r} is not one of {', '.join(known)}. {fix}"


def _repeated(choices: Sequence[CutoverChoice]) -> list[str]:
    seen: dict[tuple[int, int], int] = {}
    mistakes = []
    for choice in choices:
        if choice.key in seen:
            what = (
                f"order {choice.order_id}, shipment {choice.shipment_id} is already in row {seen[choice.key]}"
            )
            mistakes.append(f"  row {choice.row}, column order_id: {what}. Delete one of the two.")
        seen.setdefault(choice.key, choice.row)
    return mistakes


def _partly_kept(choices: Sequence[CutoverChoice]) -> list[str]:
    """Return the rows of orders that are only partly kept: the old system keeps whole orders."""
    kept = {choice.order_id for choice in choices if choice.decision is CutoverDecision.KEEP}
    return [
        f"  row {choice.row}, column decision: order {choice.order_id} is kept in another row. "
        "Keep applies to a whole order: write keep in all of its rows, or in none."
        for choice in choices
        if choice.order_id in kept and choice.decision is not CutoverDecision.KEEP
    ]
