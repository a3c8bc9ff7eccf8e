"""Write the tables of failures into docs/errors.md, between two markers.

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
    """Return every failure, how it is handled, and the text that an operator reads, as Markdown."""
    return "\n\n".join(["\n".join(_failures()), "\n".join(_sentences())])


def with_failures(page: str) -> str:
    """Return the page with the current tables between its markers.

    Raises:
        ValueError: if the page lacks a marker.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page needs a line {BEGIN!r} and after it a line {END!r}")
    return f"{before}{BEGIN}\n\n{failures_manual()}\n\n{END}{after}"


def _failures() -> Iterator[str]:
    yield "| seen on the wire | what it is | a read | a write |"
    yield "|---|---|---|---|"
    for row in table.failure_rows():
        kinds = (row.read.error, row.write.error)
        yield f"| {row.seen} | {row.read.what} | {' | '.join(f'`{kind.__name__}`' for kind in kinds)} |"


def _sentences() -> Iterator[str]:
    yield "| failure | handling | what the operator reads |"
    yield "|---|---|---|"
    for kind, action in table.ACTIONS.items():
        text = explain(_example(kind))
        yield f"| `{kind.__name__}` | {action.value} | **{text.title}.** {text.meaning} {text.fix} |"


def _example(kind: type[RemoteError]) -> RemoteError:
    return kind("(remote)", "", "(what happened)")


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_text(with_failures(file.read_text(encoding="utf-8")), encoding="utf-8")
