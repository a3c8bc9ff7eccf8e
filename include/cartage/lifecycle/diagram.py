"""Draw the states and their transitions into a page of the manual, between two marks.

`python -m cartage.lifecycle.diagram docs/states.md`
"""

from __future__ import annotations

import sys
from pathlib import Path

from cartage.model.states import TRANSITIONS, State

BEGIN = "<!-- drawn by `python -m cartage.lifecycle.diagram docs/states.md` -->"
END = "<!-- end of the drawing -->"


def mermaid() -> str:
    """Return the state diagram in Mermaid's language, with moves from a state to itself."""
    # A new order is imported, or skipped because it is not ours to ship.
    lines = ["stateDiagram-v2", f"    [*] --> {State.IMPORTED}", f"    [*] --> {State.SKIPPED}"]
    lines += [f"    {here} --> {there}" for here in State for there in State if there in TRANSITIONS[here]]
    lines += [f"    {state} --> [*]" for state in State if not TRANSITIONS[state]]
    return "\n".join(["```mermaid", *lines, "```"])


def drawn(page: str) -> str:
    """Return the page with the current diagram between its marks.

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
