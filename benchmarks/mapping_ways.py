"""Three ways to map a batch: the product's dictionaries, pandas merges, joins in PostgreSQL; with equal results.

Each gets the rules ready to use (as dictionaries, data frames, indexed tables) and maps every order and line once.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import pandas as pd
import psycopg

from cartage.lanes.settings.mappings import TextMatch
from cartage.mappings.rules import MethodRule, SkuRule
from cartage.mappings.ship_methods import ShipMethodTable, normalised
from cartage.mappings.skus import SkuTable
from cartage.model.skus import folded
from cartage.model.wildcards import as_compared, as_regex

# For each order its carrier and service; for each line the warehouse's items, their quantities, and whether they exist.
Mapped = tuple[list[str | None], list[tuple[str, int, bool]]]
_TIMES = 5


class WaysDiffer(RuntimeError):
    """Two ways map the same batch differently, so one of them is wrong and there is no result."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The input: ship methods of orders, lines as (SKU, quantity), rules, and the warehouse's SKUs."""

    methods: Sequence[str]
    lines: Sequence[tuple[str, int]]
    method_rules: Sequence[MethodRule]
    sku_rules: Sequence[SkuRule]
    catalogue: Sequence[str]


def seconds_of_each(batch: Batch, connection: psycopg.Connection[Any]) -> Mapping[str, float]:
    """Return the median seconds of each way.

    Raises:
        WaysDiffer: if their results differ.
    """
    ways: dict[str, Callable[[], Mapped]] = {
        "dictionaries": _dictionaries(batch),
        "pandas": _pandas(batch),
        "SQL": _sql(batch, connection),
    }
    results = {name: way() for name, way in ways.items()}
    if different := [name for name, mapped in results.items() if mapped != results["dictionaries"]]:
        raise WaysDiffer(f"{', '.join(different)} and dictionaries map the same orders differently")
    return {name: _median_seconds(way) for name, way in ways.items()}


def _median_seconds(way: Callable[[], Mapped]) -> float:
    taken = []
    for _ in range(_TIMES):
        started = time.perf_counter()
        way()
        taken.append(time.perf_counter() - started)
    return median(taken)


def _dictionaries(batch: Batch) -> Callable[[], Mapped]:
    skus, known = SkuTable(batch.sku_rules), {folded(sku) for sku in batch.catalogue}

    def way() -> Mapped:
        # A table caches its look-ups: start each run with an empty cache.
        table = ShipMethodTable(batch.method_rules)
        found = [table.find(text) for text in batch.methods]
        return (
            [f"{method.carrier} {method.service}" if method else None for method in found],
            [
                (part.sku, quantity * part.quantity, folded(part.sku) in known)
                for sku, quantity in batch.lines
                for part in skus.parts(sku)
            ],
        )

    return way


def _pandas(batch: Batch) -> Callable[[], Mapped]:
    texts = [rule for rule in batch.method_rules if rule.match is not TextMatch.PATTERN]
    exact = pd.Series({rule.store: _name(rule) for rule in texts})
    plain = pd.Series({normalised(rule.store): _name(rule) for rule in texts})
    patterns = [
        (re.compile(as_regex(rule.store)), _name(rule))
        for rule in batch.method_rules
        if rule.match is TextMatch.PATTERN
    ]
    parts = pd.DataFrame(
        [(folded(rule.store), part.sku, part.quantity) for rule in batch.sku_rules for part in rule.parts],
        columns=["key", "item", "each"],
    )
    known = pd.Index([folded(sku) for sku in batch.catalogue])

    def way() -> Mapped:
        orders = pd.Series(batch.methods, dtype=object)
        found = orders.map(exact)
        left = orders[found.isna()]
        found.update(left.map(normalised).map(plain))
        for pattern, name in patterns:
            left = orders[found.isna()]
            found[left[left.map(lambda text, p=pattern: bool(p.fullmatch(as_compared(text))))].index] = name
        lines = pd.DataFrame(batch.lines, columns=["sku", "quantity"])
        lines["key"] = lines["sku"].str.strip().str.casefold()
        merged = lines.merge(parts, on="key", how="left")
        merged["item"] = merged["item"].fillna(merged["sku"])
        merged["total"] = (merged["quantity"] * merged["each"].fillna(1)).astype(int)
        merged["known"] = merged["item"].str.strip().str.casefold().isin(known)
        methods = [None if pd.isna(name) else str(name) for name in found]
        return methods, list(merged[["item", "total", "known"]].itertuples(index=False, name=None))

    return way


def _sql(batch: Batch, connection: psycopg.Connection[Any]) -> Callable[[], Mapped]:
    _load(batch, connection)

    def way() -> Mapped:
        methods = connection.execute(
            """
            SELECT coalesce(e.name, n.name, p.name) FROM way_order o
            LEFT JOIN way_method e ON e.store = o.method
            LEFT JOIN way_method n ON n.plain = o.plain AND e.store IS NULL
            LEFT JOIN LATERAL (
                SELECT name FROM way_pattern w
                WHERE e.store IS NULL AND n.store IS NULL AND lower(trim(o.method)) ~ w.regex
                ORDER BY w.place LIMIT 1) p ON true
            ORDER BY o.id
            """
        ).fetchall()
        lines = connection.execute(
            """
            SELECT coalesce(p.item, l.sku), l.quantity * coalesce(p.each, 1), c.key IS NOT NULL FROM way_line l
            LEFT JOIN way_part p ON p.key = lower(trim(l.sku))
            LEFT JOIN way_item c ON c.key = lower(trim(coalesce(p.item, l.sku)))
            ORDER BY l.id, p.place
            """
        ).fetchall()
        return [row[0] for row in methods], [(row[0], int(row[1]), bool(row[2])) for row in lines]

    return way


def _load(batch: Batch, connection: psycopg.Connection[Any]) -> None:
    """Load everything into indexed tables, including normalised texts, which SQL cannot compute."""
    patterns = [rule for rule in batch.method_rules if rule.match is TextMatch.PATTERN]
    texts = [rule for rule in batch.method_rules if rule.match is not TextMatch.PATTERN]
    parts = [(rule, part) for rule in batch.sku_rules for part in rule.parts]
    tables: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
        "way_order": (
            "id int PRIMARY KEY, method text, plain text",
            [(place, text, normalised(text)) for place, text in enumerate(batch.methods)],
        ),
        "way_line": (
            "id int PRIMARY KEY, sku text, quantity int",
            [(place, *line) for place, line in enumerate(batch.lines)],
        ),
        "way_method": (
            "store text PRIMARY KEY, plain text UNIQUE, name text",
            [(rule.store, normalised(rule.store), _name(rule)) for rule in texts],
        ),
        "way_pattern": (
            "place int PRIMARY KEY, regex text, name text",
            [(rule.order, f"^(?:{as_regex(rule.store)})$", _name(rule)) for rule in patterns],
        ),
        "way_part": (
            "place int PRIMARY KEY, key text, item text, each int",
            [(n, folded(rule.store), part.sku, part.quantity) for n, (rule, part) in enumerate(parts)],
        ),
        "way_item": ("key text PRIMARY KEY", [(folded(sku),) for sku in batch.catalogue]),
    }
    for name, (columns, rows) in tables.items():
        connection.execute(f"CREATE TEMP TABLE {name} ({columns})")
        with connection.cursor() as cursor:
            marks = ", ".join(["%s"] * len(rows[0]))
            cursor.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)  # noqa: S608
        connection.execute(f"ANALYZE {name}")
    connection.execute("CREATE INDEX ON way_part (key)")


def _name(rule: MethodRule) -> str:
    return f"{rule.method.carrier} {rule.method.service}"
