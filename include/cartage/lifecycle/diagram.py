"""Draws the states and their transitions into a page of the manual, between two marks. Decides nothing.

`python -m cartage.lifecycle.diagram docs/states.md`
"""

from __future__ import annotations

import sys
from pathlib import Path

from cartage.model.states import TRANSITIONS, State

BEGIN = "<!-- drawn by `python -m cartage.lifecycle.diagram docs/states.md` -->"
END = "<!-- end of the drawing -->"


def mermaid() -> str:
    """The state diagram in Mermaid's language; a move from a state to itself is drawn as well."""
    # A new order enters the ledger to be checked, or as one that is not ours to ship.
    lines = ["stateDiagram-v2", f"    [*] --> {State.IMPORTED}", f"    [*] --> {State.SKIPPED}"]
    lines += [f"    {here} --> {there}" for here in State for there in State if there in TRANSITIONS[here]]
    lines += [f"    {state} --> [*]" for state in State if not TRANSITIONS[state]]
    return "\n".join(["```mermaid", *lines, "```"])


def drawn(page: str) -> str:
    """The page with the current diagram between its marks.

    Raises:
        ValueError: if the page lacks a mark.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page needs a line {BEGIN!r} and after it a line {END!r}")
    return f"{before}{BEGIN}\n\n{mermaid()}\n\n{END}{after}"


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_text(drawn(file.read_text()))
