"""Writes the table of failures into a page of the manual, between two marks. Decides nothing.

`python -m cartage.monitoring.manual docs/errors.md`
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from cartage.errors import RemoteError, table
from cartage.monitoring.explain import explain

BEGIN = "<!-- written by `python -m cartage.monitoring.manual docs/errors.md`; do not edit by hand -->"
END = "<!-- end of the table -->"


def failures_manual() -> str:
    """Every failure, what is done about it, and the sentence that an operator reads, as Markdown."""
    return "\n\n".join(["\n".join(_failures()), "\n".join(_sentences())])


def with_failures(page: str) -> str:
    """The page with the present table between its marks.

    Raises:
        ValueError: if the page lacks a mark.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page needs a line {BEGIN!r} and after it a line {END!r}")
    return f"{before}{BEGIN}\n\n{failures_manual()}\n\n{END}{after}"


def _failures() -> Iterator[str]:
    yield "| seen on the wire | what it is | a read | a write |"
    yield "|---|---|---|---|"
    for row in table.rows():
        kinds = (row.read.error, row.write.error)
        yield f"| {row.seen} | {row.read.what} | {' | '.join(f'`{kind.__name__}`' for kind in kinds)} |"


def _sentences() -> Iterator[str]:
    yield "| failure | what is done | what the operator reads |"
    yield "|---|---|---|"
    for kind, action in table.ACTIONS.items():
        said = explain(_example(kind))
        yield f"| `{kind.__name__}` | {action.value} | **{said.title}.** {said.meaning} {said.fix} |"


def _example(kind: type[RemoteError]) -> RemoteError:
    return kind("(remote)", "", "(what it is)")


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_text(with_failures(file.read_text(encoding="utf-8")), encoding="utf-8")
