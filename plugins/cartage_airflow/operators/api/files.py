"""Files that operators write and read: JSON lines or CSV, on a local path or at a URL of an object store.

Rows are written as they come, so memory does not grow with the file. A local file appears under its name only when it
is complete.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from cartage.errors import SettingsError

JSON_LINES, CSV = ".jsonl", ".csv"
Row = Mapping[str, Any]


def write_rows(path: str, rows: Iterable[Row], columns: Sequence[str]) -> int:
    """Write rows to a file and return how many; `columns` are those of a CSV file.

    In a CSV file, a text that a spreadsheet would take for a formula gets an apostrophe in front.

    Raises:
        SettingsError: If the path does not end in `.jsonl` or `.csv`.
        OSError: If the file cannot be written.
    """
    is_csv = _suffix(path) == CSV
    with _opened_for_writing(path) as file:
        return _write_csv(file, rows, columns) if is_csv else _write_json_lines(file, rows)


def read_column(path: str, column: str) -> Iterator[Any]:
    """Yield the values of one column of a file: one that `write_rows` wrote, or a table that a person saved.

    A CSV file is read whole, in any encoding and with any separator that spreadsheet programs write. It has at most
    100,000 rows and 20 MB. JSON lines are read as they come, however many.

    Raises:
        SettingsError: If the path does not end in `.jsonl` or `.csv`, or if the file has no such column or a row that
            cannot be read; every such row is named.
        OSError: If the file cannot be read.
    """
    return _csv_column(path, column) if _suffix(path) == CSV else _json_lines_column(path, column)


def _csv_column(path: str, column: str) -> Iterator[Any]:
    from cartage.spreadsheets import BadFile, read_table

    heading = column.casefold()
    table = read_table(
        _content(path), path, [heading], [heading], f"Write the file with the column {column}."
    )
    rows = list(table.rows)
    mistakes = [mistake for row in rows for mistake in ([row.fault] if row.fault else table.odd_cells(row))]
    if mistakes:
        raise BadFile(path, mistakes)
    return (row.text(heading) for row in rows)


def _json_lines_column(path: str, column: str) -> Iterator[Any]:
    with _opened(path, "r") as file:
        for row in map(json.loads, file):
            if column not in row:
                raise SettingsError(path, [f"  a row has no {column}. Write the file with this column."])
            yield row[column]


def _suffix(path: str) -> str:
    suffix = Path(path).suffix.lower()
    if suffix not in {JSON_LINES, CSV}:
        raise SettingsError(f"output path {path!r}", [f"  must end in {JSON_LINES} or {CSV}."])
    return suffix


def _write_json_lines(file: IO[str], rows: Iterable[Row]) -> int:
    count = 0
    for row in rows:
        # Numbers that are Decimals and entries that are no objects become text.
        file.write(json.dumps(row, default=str, ensure_ascii=False) + "\n")
        count += 1
    return count


def _write_csv(file: IO[str], rows: Iterable[Row], columns: Sequence[str]) -> int:
    from cartage.spreadsheets import csv_line, escape_cell

    file.write(csv_line(columns))
    count = 0
    for row in rows:
        values = (row.get(name, "") for name in columns)
        file.write(csv_line([escape_cell(value) if isinstance(value, str) else value for value in values]))
        count += 1
    return count


@contextmanager
def _opened_for_writing(path: str) -> Iterator[IO[str]]:
    if "://" in path:
        with _opened(path, "w") as file:
            yield file
        return
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    with _opened(str(part), "w") as file:
        yield file
    part.replace(target)


@contextmanager
def _opened(path: str, mode: str) -> Iterator[IO[str]]:
    if "://" in path:
        from airflow.sdk import ObjectStoragePath

        remote: Any = ObjectStoragePath(path)
        with remote.open(mode, encoding="utf-8", newline="") as file:
            yield file
        return
    with Path(path).open(mode, encoding="utf-8", newline="") as local:
        yield local


def _content(path: str) -> bytes:
    if "://" in path:
        from airflow.sdk import ObjectStoragePath

        remote: Any = ObjectStoragePath(path)
        content: bytes = remote.read_bytes()
        return content
    return Path(path).read_bytes()
