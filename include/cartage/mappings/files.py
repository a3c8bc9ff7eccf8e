"""Mapping rules as a table that people edit in a spreadsheet: write it, and read it back.

A ship method is one row; a kit is one row for each of its items. Unknown columns are ignored. A file with a mistake is
imported not at all, and every bad row is named; a preview shows what its sound rows would do.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from difflib import get_close_matches

from cartage.errors.problems import LONGEST_NAME
from cartage.lanes.settings.mappings import TextMatch
from cartage.mappings.changes import date_clashes, order_clashes
from cartage.mappings.rules import MethodRule, Part, Rule, RuleKey, SkuRule
from cartage.mappings.services import FIX_UNOFFERED, WarehouseOffers, not_offered
from cartage.model.orders import ShipMethod
from cartage.spreadsheets import BadFile, BadRow, HeadedRow, HeadedTable, OddCell, read_table

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
    "warehouse",
)
METHOD, SKU = "ship_method", "sku"
METHOD_COLUMNS = ("carrier", "service", "billing", "account", "scac")
_OF_METHODS = ("match", "order", "carrier", "service", "billing", "account", "scac")
_OF_SKUS = ("item", "quantity")
_TIMES = ("valid_from", "valid_until")
_MOST_QUANTITY = 1_000_000


@dataclass(frozen=True, slots=True)
class RulesFile:
    """The rules in the sound rows of a file, what is wrong in its other rows, and what else its author should know."""

    name: str
    rules: tuple[Rule, ...]
    mistakes: tuple[BadRow, ...]
    notes: tuple[str, ...]

    def all_rules(self) -> tuple[Rule, ...]:
        """Return the rules of a file without mistakes.

        Raises:
            BadFile: with every bad row.
        """
        if self.mistakes:
            raise BadFile(self.name, self.mistakes)
        return self.rules


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
            "warehouse": rule.warehouse,
        }
        if isinstance(rule, SkuRule):
            for part in rule.parts:
                yield common | {"kind": SKU, "item": part.sku, "quantity": str(part.quantity)}
            continue
        method = {name: getattr(rule.method, name) for name in METHOD_COLUMNS}
        order = str(rule.order) if rule.match is TextMatch.PATTERN else ""
        yield common | {"kind": METHOD, "match": rule.match.value, "order": order} | method


def read_rules_file(
    content: bytes,
    name: str,
    *,
    offers: WarehouseOffers | None = None,
    in_place: Iterable[Rule] = (),
    warehouses: Collection[str] = (),
    of: str = "",
) -> RulesFile:
    """Return what a CSV or XLSX file says, as far as it can be read; `name` is for errors.

    A row whose carrier or service is not among `offers` of its warehouse has a mistake, unless its rule is `in_place`
    already. With nothing offered, any will do. `warehouses` are those that a row may name, `of` is the one of rows that
    name none (empty: all).

    Raises:
        BadFile: if it is no table of rules.
    """
    fix = "Start from a file that `cartage mappings export` wrote."
    table = read_table(content, name, MAPPING_COLUMNS, ("kind", "store"), fix)
    reader = _Reader(table, warehouses, of)
    for row in table.rows:
        reader.read(row)
    mistakes = reader.mistakes(offers or WarehouseOffers(), frozenset(in_place))
    in_order = sorted(mistakes, key=lambda mistake: mistake.row)
    return RulesFile(name, reader.sound_rules(), tuple(in_order), tuple(table.notes))


@dataclass(frozen=True, slots=True)
class _Kit:
    """The items that were read so far of the rule at this place, by SKU."""

    place: int
    items: dict[str, Part]


class _Reader:
    """Reads the rows and keeps the row number of each rule."""

    def __init__(self, table: HeadedTable, warehouses: Collection[str], of: str) -> None:
        self._table = table
        self._warehouses, self._of = warehouses, of
        self._rules: list[Rule] = []
        self._kits: dict[tuple[RuleKey, str, str], _Kit] = {}
        self._rows: list[int] = []
        self._bad: list[BadRow] = []
        self._reported: set[tuple[int, str]] = set()
        # Rules that clash with others, and kits of which a row is bad.
        self._unsound_places: set[int] = set()
        self._unsound_kits: set[RuleKey] = set()

    def read(self, row: HeadedRow) -> None:
        """Read one row."""
        before = len(self._bad)
        if row.fault:
            self._bad.append(row.fault)
            return
        for mistake in self._table.odd_cells(row, dates=_TIMES):
            self._report(row.number, mistake.column, mistake.reason, mistake.fix)
        rule = self._rule(row)
        if len(self._bad) > before and _kind(row) != METHOD:
            where = row.text("warehouse") or self._of
            self._unsound_kits.add(SkuRule(row.text("store"), (), warehouse=where).key)
        elif len(self._bad) == before and rule is not None:
            self._rules.append(rule)
            self._rows.append(row.number)

    def mistakes(self, offers: WarehouseOffers, in_place: Collection[Rule]) -> list[BadRow]:
        """Return every mistake: in single rows, between rows, and about what the warehouse offers."""
        self._complete_kits()
        places: dict[RuleKey, list[int]] = {}
        for place, rule in enumerate(self._rules):
            places.setdefault(rule.key, []).append(place)
        for several in places.values():
            for mistake in date_clashes([self._rules[place] for place in several]):
                place = several[mistake.place]
                self._report(self._rows[place], "store", mistake.reason, mistake.fix)
                self._unsound_places.add(place)
        for mistake in order_clashes(self._rules):
            self._report(self._rows[mistake.place], "order", mistake.reason, mistake.fix)
            self._unsound_places.add(mistake.place)
        self._refuse_unoffered(offers, in_place)
        return self._bad

    def sound_rules(self) -> tuple[Rule, ...]:
        """Return the rules that no mistake touches."""
        return tuple(
            rule
            for place, rule in enumerate(self._rules)
            if place not in self._unsound_places and rule.key not in self._unsound_kits
        )

    def _refuse_unoffered(self, offers: WarehouseOffers, in_place: Collection[Rule]) -> None:
        for place, rule in enumerate(self._rules):
            if isinstance(rule, MethodRule) and rule not in in_place:
                mistake = not_offered(offers.at(rule.warehouse), rule.method)
                if mistake is not None:
                    fix = f"{mistake.offers} {FIX_UNOFFERED}"
                    self._report(self._rows[place], mistake.column, mistake.reason, fix)
                    self._unsound_places.add(place)

    def _complete_kits(self) -> None:
        for kit in self._kits.values():
            rule = self._rules[kit.place] if kit.place < len(self._rules) else None
            # The place is another rule's if the first row of the kit was bad.
            if isinstance(rule, SkuRule) and rule.parts[0] is next(iter(kit.items.values())):
                self._rules[kit.place] = replace(rule, parts=tuple(kit.items.values()))

    def _rule(self, row: HeadedRow) -> Rule | None:
        """Return the rule of a row; None if the row has a mistake, or is another item of a kit."""
        kind = _kind(row)
        if kind not in (METHOD, SKU):
            fix = f"Write {METHOD} or {SKU}."
            self._report(row.number, "kind", f"{row.text('kind')!r} is not a kind of rule", fix)
            return None
        if not row.text("store"):
            self._report(row.number, "store", "is empty", "Write the store's text or SKU.")
        for column in MAPPING_COLUMNS:
            if len(row.text(column)) > LONGEST_NAME:
                what = f"has {len(row.text(column)):,} characters; at most {LONGEST_NAME} are possible"
                self._report(row.number, column, what, "Shorten it.")
        for column in _OF_SKUS if kind == METHOD else _OF_METHODS:
            if row.text(column):
                self._report(row.number, column, f"a {kind} has no such value", "Leave it empty.")
        since, until = (self._moment(row, name) for name in _TIMES)
        where = self._warehouse(row)
        if kind == METHOD:
            return self._method(row, since, until, where)
        return self._sku(row, since, until, where)

    def _warehouse(self, row: HeadedRow) -> str:
        """Return the warehouse whose rule the row is; empty for all."""
        named = row.text("warehouse")
        if not named or named in self._warehouses:
            return named or self._of
        if not self._warehouses:
            self._report(row.number, "warehouse", "this lane has one warehouse", "Leave it empty.")
        else:
            near = get_close_matches(named, self._warehouses, 1)
            fix = f"Did you mean {near[0]}?" if near else f"This lane has: {', '.join(self._warehouses)}."
            self._report(row.number, "warehouse", f"there is no warehouse {named!r}", fix)
        return named

    def _method(
        self, row: HeadedRow, since: datetime | None, until: datetime | None, where: str
    ) -> MethodRule | None:
        word = row.text("match").casefold() or TextMatch.NORMALISED.value
        if word not in set(TextMatch):
            near = get_close_matches(word, list(TextMatch), 1)
            fix = f"Did you mean {near[0]}?" if near else f"Write one of {', '.join(TextMatch)}."
            self._report(row.number, "match", f"{word!r} is not a way to compare", fix)
            return None
        match = TextMatch(word)
        if not row.text("carrier"):
            self._report(row.number, "carrier", "is empty", "Write the warehouse's carrier.")
        order = self._whole(row, "order", needed=match is TextMatch.PATTERN)
        if order and match is not TextMatch.PATTERN:
            self._report(row.number, "order", "only patterns have an order", "Leave it empty.")
        method = ShipMethod(**{name: row.text(name) for name in METHOD_COLUMNS})
        return MethodRule(row.text("store"), method, match, order, since, until, where)

    def _sku(
        self, row: HeadedRow, since: datetime | None, until: datetime | None, where: str
    ) -> SkuRule | None:
        """Return the rule of this row; None if the row has a mistake, or is another item of a kit."""
        if not row.text("item"):
            self._report(row.number, "item", "is empty", "Write the warehouse's SKU.")
        quantity = self._whole(row, "quantity", needed=False) or 1
        if not (row.text("store") and row.text("item")):
            return None
        part = Part(row.text("item"), quantity)
        rule = SkuRule(row.text("store"), (part,), since, until, where)
        key = (rule.key, str(since), str(until))
        if key not in self._kits:
            self._kits[key] = _Kit(len(self._rules), {})
        items = self._kits[key].items
        if part.sku in items:
            self._report(row.number, "item", f"the kit already has {part.sku!r}", "Add up the quantities.")
        items.setdefault(part.sku, part)
        return rule if len(items) == 1 else None

    def _whole(self, row: HeadedRow, column: str, *, needed: bool) -> int:
        text = row.text(column)
        if not text and not needed:
            return 0
        whole = int(text) if text.isdecimal() and len(text) < 10 else 0
        if not 1 <= whole <= _MOST_QUANTITY:
            what = f"{text[:50]!r} is not a whole number from 1 to {_MOST_QUANTITY:,}"
            self._report(row.number, column, what, "Write for example 10.")
            return 0
        return whole

    def _moment(self, row: HeadedRow, column: str) -> datetime | None:
        cell = row.cells.get(column, "")
        text = cell.date if isinstance(cell, OddCell) else cell
        if not text:
            return None
        try:
            found = datetime.fromisoformat(text)
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            fix = "Write for example 2026-03-01 or 2026-03-01T14:00 (UTC)."
            self._report(row.number, column, f"{text[:50]!r} is not a time", fix)
            return None

    def _report(self, row: int, column: str, reason: str, fix: str) -> None:
        """Add a mistake, unless the cell has one already: the first is the cause of the others."""
        if (row, column) not in self._reported:
            self._reported.add((row, column))
            self._bad.append(self._table.mistake(row, column, reason, fix))


def _kind(row: HeadedRow) -> str:
    return row.text("kind").casefold().replace(" ", "_")
