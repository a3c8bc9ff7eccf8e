"""Mapping rules as a table that people edit in a spreadsheet: write it, and read it back.

A ship method is one row; a kit is one row for each of its items. Unknown columns are ignored. A file with a mistake is
refused as a whole, with every bad row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from itertools import count

from cartage.errors import SettingsError
from cartage.lanes.settings.mappings import TextMatch
from cartage.mappings.changes import date_clashes, order_clashes
from cartage.mappings.rules import MethodRule, Part, Rule, RuleKey, SkuRule
from cartage.model.orders import ShipMethod
from cartage.spreadsheets import rows_from_csv, rows_from_xlsx

MAPPING_COLUMNS = (
    "kind",
    "store",
    "match",
    "order",
    "carrier",
    "service",
    "billing",
    "account",
    "scac",
    "item",
    "quantity",
    "valid_from",
    "valid_until",
)
METHOD, SKU = "ship_method", "sku"
METHOD_COLUMNS = ("carrier", "service", "billing", "account", "scac")
_OF_METHODS = ("match", "order", "carrier", "service", "billing", "account", "scac")
_OF_SKUS = ("item", "quantity")
_MOST_ROWS = 100_000
_XLSX = b"PK"


@dataclass(frozen=True, slots=True)
class BadRow:
    """One mistake in a file: its place, the reason and the fix. Row 1 has the names of the columns."""

    row: int
    column: str
    reason: str
    fix: str

    def __str__(self) -> str:
        return f"  row {self.row}, column {self.column}: {self.reason}. {self.fix}"


class BadFile(SettingsError):
    """A file that is refused, with every mistake in it."""

    def __init__(self, name: str, rows: Sequence[BadRow]) -> None:
        self.rows = tuple(rows)
        super().__init__(name, [str(row) for row in rows])


def rules_to_rows(rules: Iterable[Rule]) -> Iterator[dict[str, str]]:
    """Yield the rules as rows of the table."""
    for rule in rules:
        since, until = (
            moment.isoformat() if moment else "" for moment in (rule.valid_from, rule.valid_until)
        )
        common = dict.fromkeys(MAPPING_COLUMNS, "") | {
            "store": rule.store,
            "valid_from": since,
            "valid_until": until,
        }
        if isinstance(rule, SkuRule):
            for part in rule.parts:
                yield common | {"kind": SKU, "item": part.sku, "quantity": str(part.quantity)}
            continue
        method = {name: getattr(rule.method, name) for name in METHOD_COLUMNS}
        order = str(rule.order) if rule.match is TextMatch.PATTERN else ""
        yield common | {"kind": METHOD, "match": rule.match.value, "order": order} | method


def read_rules(content: bytes, name: str) -> tuple[Rule, ...]:
    """Return the rules of a CSV or XLSX file; `name` is for errors.

    Raises:
        BadFile: with every bad row.
    """
    try:
        if content.startswith(_XLSX):
            return rules_in_table(rows_from_xlsx(content), name)
        return rules_in_table(rows_from_csv(content.decode("utf-8-sig")), name)
    except UnicodeDecodeError:
        raise BadFile(name, [BadRow(1, "kind", "the file is not UTF-8", "Save it as CSV UTF-8.")]) from None
    except ValueError as error:
        raise BadFile(name, [BadRow(1, "kind", str(error), "Save it as CSV UTF-8 or XLSX.")]) from error


def rules_in_table(table: Iterable[Sequence[str]], name: str) -> tuple[Rule, ...]:
    """Return the rules of a table whose first row has the names of the columns.

    Raises:
        BadFile: with every bad row.
    """
    rows = iter(table)
    header = [cell.strip().casefold() for cell in next(rows, [])]
    missing = [column for column in ("kind", "store") if column not in header]
    if missing:
        what = f"the column(s) {', '.join(missing)} are missing"
        raise BadFile(
            name, [BadRow(1, missing[0], what, "Start from a file that `cartage mappings export` wrote.")]
        )
    reader = _Reader()
    for number, cells in zip(count(2), rows, strict=False):
        if number > _MOST_ROWS:
            what = f"there are more than {_MOST_ROWS} rows"
            raise BadFile(name, [BadRow(number, "kind", what, "Split the file.")])
        if any(cell.strip() for cell in cells):
            reader.read(number, dict(zip(header, (cell.strip() for cell in cells), strict=False)))
    if bad := reader.mistakes():
        raise BadFile(name, sorted(bad, key=lambda bad_row: bad_row.row))
    return tuple(reader.rules)


class _Reader:
    """Reads the rows and keeps the row number of each rule."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self._kits: dict[tuple[RuleKey, str, str], int] = {}
        self._rows: list[int] = []
        self._bad: list[BadRow] = []

    def read(self, number: int, row: Mapping[str, str]) -> None:
        """Read one row."""
        before = len(self._bad)
        kind = row.get("kind", "").casefold().replace(" ", "_")
        if kind not in (METHOD, SKU):
            self._report(
                number, "kind", f"{row.get('kind', '')!r} is not a kind of rule", f"Write {METHOD} or {SKU}."
            )
            return
        if not row.get("store"):
            self._report(number, "store", "is empty", "Write the store's text or SKU.")
        for column in _OF_SKUS if kind == METHOD else _OF_METHODS:
            if row.get(column):
                self._report(number, column, f"a {kind} has no such value", "Leave it empty.")
        since, until = (self._moment(number, row, name) for name in ("valid_from", "valid_until"))
        if kind == METHOD:
            rule: Rule | None = self._method(number, row, since, until)
        else:
            rule = self._sku(number, row, since, until)
        if rule is not None and len(self._bad) == before:
            self.rules.append(rule)
            self._rows.append(number)

    def mistakes(self) -> list[BadRow]:
        """Return every mistake, in single rows and between rows."""
        places: dict[RuleKey, list[int]] = {}
        for place, rule in enumerate(self.rules):
            places.setdefault(rule.key, []).append(place)
        for several in places.values():
            for mistake in date_clashes([self.rules[place] for place in several]):
                self._report(self._rows[several[mistake.place]], "store", mistake.reason, mistake.fix)
        for mistake in order_clashes(self.rules):
            self._report(self._rows[mistake.place], "order", mistake.reason, mistake.fix)
        return self._bad

    def _method(
        self, number: int, row: Mapping[str, str], since: datetime | None, until: datetime | None
    ) -> MethodRule | None:
        word = row.get("match", "").casefold() or TextMatch.NORMALISED.value
        if word not in set(TextMatch):
            near = get_close_matches(word, list(TextMatch), 1)
            fix = f"Did you mean {near[0]}?" if near else f"Write one of {', '.join(TextMatch)}."
            self._report(number, "match", f"{word!r} is not a way to compare", fix)
            return None
        match = TextMatch(word)
        if not row.get("carrier"):
            self._report(number, "carrier", "is empty", "Write the warehouse's carrier.")
        order = self._whole(number, row, "order", needed=match is TextMatch.PATTERN)
        if order and match is not TextMatch.PATTERN:
            self._report(number, "order", "only patterns have an order", "Leave it empty.")
        method = ShipMethod(**{name: row.get(name, "") for name in METHOD_COLUMNS})
        return MethodRule(row.get("store", ""), method, match, order, since, until)

    def _sku(
        self, number: int, row: Mapping[str, str], since: datetime | None, until: datetime | None
    ) -> SkuRule | None:
        """Return the rule of this row; None if the row is another item of a kit."""
        if not row.get("item"):
            self._report(number, "item", "is empty", "Write the warehouse's SKU.")
        quantity = self._whole(number, row, "quantity", needed=False) or 1
        rule = SkuRule(row.get("store", ""), (Part(row.get("item", ""), quantity),), since, until)
        key = (rule.key, str(since), str(until))
        if key not in self._kits:
            self._kits[key] = len(self.rules)
            return rule
        place = self._kits[key]
        if place < len(self.rules) and isinstance(kit := self.rules[place], SkuRule) and kit.key == rule.key:
            if rule.parts[0].sku in {part.sku for part in kit.parts}:
                self._report(
                    number, "item", f"the kit already has {rule.parts[0].sku!r}", "Add up the quantities."
                )
            self.rules[place] = SkuRule(kit.store, kit.parts + rule.parts, since, until)
        return None

    def _whole(self, number: int, row: Mapping[str, str], column: str, *, needed: bool) -> int:
        text = row.get(column, "")
        if not text and not needed:
            return 0
        if not text.isdecimal() or not 1 <= int(text) <= 1_000_000:
            self._report(number, column, f"{text!r} is not a whole number from 1", "Write for example 10.")
            return 0
        return int(text)

    def _moment(self, number: int, row: Mapping[str, str], column: str) -> datetime | None:
        text = row.get(column, "")
        if not text:
            return None
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            fix = "Write for example 2026-03-01 or 2026-03-01T14:00 (UTC)."
            self._report(number, column, f"{text!r} is not a time", fix)
            return None
        return found if found.tzinfo else found.replace(tzinfo=UTC)

    def _report(self, row: int, column: str, reason: str, fix: str) -> None:
        self._bad.append(BadRow(row, column, reason, fix))
