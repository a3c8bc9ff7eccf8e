"""Write orders into a file, row by row. Pure.

An order is checked by writing it, so that checking and writing never differ.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Literal

from cartage.errors.problems import Problem, ProblemKind
from cartage.model.orders import FulfillmentRequest
from cartage.warehouses.files.profiles.settings.kinds import Encoding
from cartage.warehouses.files.profiles.settings.orders import (
    ITEM_NUMBER,
    Columns,
    Layout,
    OrderFiles,
    Quoting,
)
from cartage.warehouses.files.profiles.settings.profile import CsvProfile
from cartage.warehouses.files.profiles.writing.cells import CellWriter, says_empty
from cartage.warehouses.files.profiles.writing.values import FileFacts, Values, line_values, order_values
from cartage.warehouses.requirements import missing_parts

# What every server and system accepts in a file's name.
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME = 200
# What a reference may have where no column limits it; those that are read back have as many.
_LONGEST_REFERENCE = 250
_SOME_INSTANT = datetime(2000, 1, 1, tzinfo=UTC)

_Row = tuple[list[str], list[Problem]]


class OrderWriter:
    """Writes files of orders as a profile says. It keeps no state: threads may share it."""

    def __init__(self, profile: CsvProfile) -> None:
        self._constants = profile.constants
        self._settings = profile.orders
        self._cells = CellWriter(profile.orders)

    @property
    def reference_max_length(self) -> int:
        """Return how many characters of a reference the columns with it have room for."""
        columns = (*self._settings.columns, *self._settings.item_columns)
        limits = [column.max_length for column in columns if column.fields == ("reference",)]
        return min((limit for limit in limits if limit is not None), default=_LONGEST_REFERENCE)

    def problems(self, request: FulfillmentRequest) -> list[Problem]:
        """Return everything that keeps an order from being written; each once."""
        facts = FileFacts(1, _SOME_INSTANT, (request,), self._constants)
        missing = list(missing_parts(request))
        in_cells = [problem for _, problems in self._order_rows(facts, request, 1) for problem in problems]
        if missing:
            # A cell that is empty for the same reason would be a second cause of one fault.
            in_cells = [problem for problem in in_cells if not says_empty(problem)]
        return list(dict.fromkeys([*missing, *_lines_without_room(request, self._settings), *in_cells]))

    def write(self, requests: Sequence[FulfillmentRequest], number: int, at: datetime) -> tuple[str, bytes]:
        """Return the name and content of a file with these orders.

        Raises:
            ValueError: if an order has a problem, which `problems` returns; or if there is no order.
        """
        if not requests:
            raise ValueError("a file has at least one order")
        for request in requests:
            if found := self.problems(request):
                raise ValueError(f"{request.reference} cannot be written: {found[0].message}")
        facts = FileFacts(number, at, requests, self._constants)
        rows = [
            cells
            for position, request in enumerate(requests, 1)
            for cells, _ in self._order_rows(facts, request, position)
        ]
        footer = self._row(self._settings.footer, facts.totals(len(rows)))[0]
        table = [*self._headings(), *rows, *([footer] if footer else [])]
        return self._name(facts), self._encoded(table)

    def _name(self, facts: FileFacts) -> str:
        values = {**facts.values(), **order_values(facts.requests[0], 1)}
        name = self._cells.template_text(self._settings.file_name, values)
        name = _NOT_IN_NAMES.sub("_", name).lstrip(".")
        if len(name) <= _LONGEST_NAME:
            return name
        stem, dot, extension = name.rpartition(".")
        digest = sha256(name.encode()).hexdigest()[:12]
        end = f"_{digest}{dot}{extension[-20:]}"
        return (stem or name)[: _LONGEST_NAME - len(end)] + end

    def _encoded(self, table: Sequence[Sequence[str]]) -> bytes:
        end = self._settings.line_end.text
        if self._settings.quoting is Quoting.NEVER:
            # csv refuses an empty row without quotation marks; no value here needs any.
            content = "".join(self._settings.delimiter.join(row) + end for row in table)
        else:
            text = io.StringIO()
            quoting: Literal[0, 1] = (
                csv.QUOTE_ALL if self._settings.quoting is Quoting.ALL else csv.QUOTE_MINIMAL
            )
            csv.writer(
                text, delimiter=self._settings.delimiter, quoting=quoting, lineterminator=end
            ).writerows(table)
            content = text.getvalue()
        mark = b""
        if self._settings.encoding is Encoding.UTF_16:
            mark = codecs.BOM_UTF16_LE
        elif self._settings.encoding is Encoding.UTF_8 and self._settings.byte_order_mark:
            mark = codecs.BOM_UTF8
        return mark + content.encode(self._settings.codec)

    def _headings(self) -> Iterator[list[str]]:
        if not self._settings.header:
            return
        names = [column.heading for column in self._settings.columns]
        if self._settings.layout is Layout.WIDE:
            for number in range(1, self._settings.max_items + 1):
                names += [
                    column.heading.replace(ITEM_NUMBER, str(number)) for column in self._settings.item_columns
                ]
        yield names

    def _order_rows(self, facts: FileFacts, request: FulfillmentRequest, position: int) -> Iterator[_Row]:
        order = {**facts.values(), **order_values(request, position)}
        lines = [{**order, **line_values(line, place)} for place, line in enumerate(request.lines, 1)]
        match self._settings.layout:
            case Layout.LINES:
                for line in lines:
                    yield self._row(self._settings.columns, line)
            case Layout.RECORDS:
                yield self._row(self._settings.columns, order)
                for line in lines:
                    yield self._row(self._settings.item_columns, line)
            case Layout.WIDE:
                parts = [self._row(self._settings.columns, order)]
                parts += [self._row(self._settings.item_columns, line) for line in lines]
                missing = (self._settings.max_items - len(lines)) * len(self._settings.item_columns)
                cells = [cell for row, _ in parts for cell in row]
                yield cells + [""] * missing, [problem for _, found in parts for problem in found]

    def _row(self, columns: Columns, values: Values) -> _Row:
        written = [self._cells.write(column, values) for column in columns]
        return [text for text, _ in written], [problem for _, found in written for problem in found]


def _lines_without_room(request: FulfillmentRequest, settings: OrderFiles) -> Iterator[Problem]:
    """Yield what the layout has no place for."""
    if any(line.notes for line in request.lines) and not settings.has_options:
        yield Problem(
            ProblemKind.OPTION_TEXT,
            "the file has no column",
            "a line has options that its SKU does not show, and the file has no column for them",
            "Add a column with `field: line.notes` or `field: order.notes` to the profile; or, if their choices have "
            "SKUs in 3dcart, name the options in warehouse.options_in_sku.",
        )
    if settings.layout is Layout.WIDE and len(request.lines) > settings.max_items:
        yield Problem(
            ProblemKind.FIELD_TOO_LONG,
            f"lines (at most {settings.max_items})",
            f"the order has more than {settings.max_items} lines, and a row of the file has room for no more",
            "Raise max_items in the profile if the warehouse can read more, or divide the order.",
        )
