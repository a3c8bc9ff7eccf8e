"""The list of the cutover as a CSV file that the owner edits: write it, and read it back, also from XLSX.

Only `order_id`, `shipment_id`, `status_id`, `warehouse_id` and `decision` are read; the other columns are for people.
A file with a mistake is refused as a whole, with every bad row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from cartage.cutover.rules import CutoverCandidate, CutoverDecision, suggest_decision
from cartage.errors.problems import shortened
from cartage.spreadsheets import BadFile, BadRow, HeadedRow, HeadedTable, read_table, rows_to_csv

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
# What the ledger's columns hold.
_LARGEST = {"order_id": 2**63 - 1, "shipment_id": 2**63 - 1, "status_id": 2**31 - 1}
_READ = ("order_id", "shipment_id", "status_id", "warehouse_id", "decision")
# Characters of a cell that is for people. A spreadsheet breaks a cell of more than 32,767 into two rows
# (support.microsoft.com, "Excel specifications and limits"), and Python's csv reads none of more than 131,072.
_LONGEST_CELL = 1_000


@dataclass(frozen=True, slots=True)
class CutoverChoice:
    """A row of the file as the owner saved it. `row` is its number in the spreadsheet."""

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
    row = {
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
    return {name: text if name in _READ else shortened(text, _LONGEST_CELL) for name, text in row.items()}


def cutover_to_csv(rows: Iterable[Mapping[str, str]]) -> str:
    """Return the rows as CSV."""
    return rows_to_csv(CUTOVER_COLUMNS, rows)


def read_cutover_file(content: bytes, name: str) -> list[CutoverChoice]:
    """Return the owner's choices, from a file that a spreadsheet program may have saved. `name` is for errors.

    Raises:
        BadFile: with every bad row: its number, its column, what is wrong, and the fix.
    """
    table = read_table(content, name, _READ, _READ, "Write the list again with --write.")
    mistakes: list[BadRow] = []
    choices = [choice for row in table.rows if (choice := _choice(table, row, mistakes))]
    mistakes += _repeated(table, choices) + _partly_kept(table, choices)
    if mistakes:
        raise BadFile(name, mistakes)
    return choices


def _choice(table: HeadedTable, row: HeadedRow, mistakes: list[BadRow]) -> CutoverChoice | None:
    if row.fault:
        mistakes.append(row.fault)
        return None
    bad = table.odd_cells(row)
    odd = {mistake.column for mistake in bad}
    bad += [
        table.mistake(
            row.number,
            column,
            f"{row.text(column)[:50]!r} is not a number",
            "Restore the value from the written list.",
        )
        for column in ("order_id", "shipment_id", "status_id")
        if column not in odd and not _is_whole(row.text(column), _LARGEST[column])
    ]
    wanted = row.text("decision").lower()
    if "decision" not in odd and wanted not in {decision.value for decision in CutoverDecision}:
        bad.append(table.mistake(row.number, "decision", *_unknown_decision(row.text("decision"))))
    mistakes += bad
    if bad:
        return None
    return CutoverChoice(
        row=row.number,
        order_id=int(row.text("order_id")),
        shipment_id=int(row.text("shipment_id")),
        status_id=int(row.text("status_id")),
        warehouse_id=row.text("warehouse_id"),
        decision=CutoverDecision(wanted),
    )


def _is_whole(text: str, largest: int) -> bool:
    return text.isdecimal() and len(text) <= len(str(largest)) and int(text) <= largest


def _unknown_decision(decision: str) -> tuple[str, str]:
    """Return what is wrong with a decision, and the fix."""
    known = [known_decision.value for known_decision in CutoverDecision]
    near = get_close_matches(decision.lower(), known, 1)
    fix = f"Did you mean {near[0]}?" if near else "Write one of them."
    return f"{decision[:50]!r} is not one of {', '.join(known)}", fix


def _repeated(table: HeadedTable, choices: Sequence[CutoverChoice]) -> list[BadRow]:
    seen: dict[tuple[int, int], int] = {}
    mistakes = []
    for choice in choices:
        if choice.key in seen:
            what = (
                f"order {choice.order_id}, shipment {choice.shipment_id} is already in row {seen[choice.key]}"
            )
            mistakes.append(table.mistake(choice.row, "order_id", what, "Delete one of the two."))
        seen.setdefault(choice.key, choice.row)
    return mistakes


def _partly_kept(table: HeadedTable, choices: Sequence[CutoverChoice]) -> list[BadRow]:
    """Return the rows of orders that are only partly kept: the old system keeps whole orders."""
    kept = {choice.order_id for choice in choices if choice.decision is CutoverDecision.KEEP}
    return [
        table.mistake(
            choice.row,
            "decision",
            f"order {choice.order_id} is kept in another row",
            "Keep applies to a whole order: write keep in all of its rows, or in none.",
        )
        for choice in choices
        if choice.order_id in kept and choice.decision is not CutoverDecision.KEEP
    ]
