"""What is wrong with a file that a person made: each mistake with its place, its reason and its fix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cartage.errors import SettingsError
from cartage.plurals import counted

# A longer list is not read by anyone; the first lines show what to correct.
_MOST_SHOWN = 500


@dataclass(frozen=True, slots=True)
class BadRow:
    """One mistake in a file. `row` is the spreadsheet's number, `column` the heading, `letter` the column's letter.

    Row 0 stands for the file as a whole.
    """

    row: int
    column: str
    reason: str
    fix: str
    letter: str = ""

    def __str__(self) -> str:
        if not self.row:
            return f"  {self.reason}. {self.fix}"
        named = (
            f"{self.column} ({self.letter})" if self.column and self.letter else self.column or self.letter
        )
        column = f", column {named}" if named else ""
        return f"  row {self.row}{column}: {self.reason}. {self.fix}"


class BadFile(SettingsError):
    """A file that is refused, with every mistake in it; the message names the first 500."""

    def __init__(self, name: str, rows: Sequence[BadRow]) -> None:
        self.rows = tuple(rows)
        super().__init__(name, [str(row) for row in rows])

    def __str__(self) -> str:
        lines = [f"{self.subject}: {counted(len(self.mistakes), 'mistake')}", *self.mistakes[:_MOST_SHOWN]]
        if len(self.mistakes) > _MOST_SHOWN:
            lines.append(
                f"  ... and {len(self.mistakes) - _MOST_SHOWN:,} more. Correct these and try it again."
            )
        return "\n".join(lines)


class UnreadableFile(Exception):
    """A file, or the rest of it from some row on, that cannot be read as a table: why, and the fix."""

    def __init__(self, reason: str, fix: str) -> None:
        self.reason = reason
        self.fix = fix
        super().__init__(f"{reason}. {fix}")
