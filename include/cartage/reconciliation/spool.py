"""Rows of an extract on disk, in parts by their key, so that memory does not grow with the number of orders.

Rows with one key are in the parts of one number, whatever their side: the parts of two spools are merged pair by pair.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from zlib import crc32

from cartage.reconciliation.light_rows import LedgerRow, StoreRow, WarehouseRow, columns_of, values_of

if TYPE_CHECKING:
    import pandas as pd

Row = StoreRow | LedgerRow | WarehouseRow
PARTS = 16


class Spool:
    """The rows of one side. Write first, then read part by part."""

    def __init__(self, folder: Path, name: str, row: type[Row], key: str) -> None:
        """Create the files of `name` in a folder; `key` is the column by which rows are put together."""
        self._row, self._key = row, key
        self._paths = [folder / f"{name}-{part}.csv" for part in range(PARTS)]
        self._stack = ExitStack()
        self._files = [
            self._stack.enter_context(path.open("w", newline="", encoding="utf-8")) for path in self._paths
        ]
        self._writers = [csv.writer(file) for file in self._files]
        self.rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def write(self, rows: Iterable[Row]) -> None:
        """Append rows."""
        for row in rows:
            part = crc32(str(getattr(row, self._key)).encode()) % PARTS
            self._writers[part].writerow(values_of(row))
            self.rows += 1

    def parts(self) -> Iterator[pd.DataFrame]:
        """Yield each part as a table, in the same order for every spool."""
        for file, path in zip(self._files, self._paths, strict=True):
            file.flush()
            yield read_part(path, self._row)


def read_part(path: Path, row: type[Row]) -> pd.DataFrame:
    """Return the rows of a file. Texts stay texts, also those that look like numbers or like nothing."""
    import pandas as pd

    return pd.read_csv(
        path, names=columns_of(row), dtype=_types(row), keep_default_na=False, na_values=[], encoding="utf-8"
    )


def table_of(rows: Iterable[Row], row: type[Row]) -> pd.DataFrame:
    """Return rows as a table, as `Spool` would."""
    import pandas as pd

    table = pd.DataFrame.from_records([values_of(each) for each in rows], columns=columns_of(row))
    return table.astype(_types(row))


def _types(row: type[Row]) -> dict[str, Any]:
    """Return the column types of a row; its annotations are texts."""
    return {
        name: {"int": "int64", "float": "float64"}.get(str(kind), "str")
        for name, kind in row.__annotations__.items()
    }
