"""The figures of a lane in the table of all lanes. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from cartage.model.states import State
from cartage.operations.views.lanes import LaneLine


class Cell(NamedTuple):
    """How many orders are in a state and its like, and since when the oldest; the cell leads to the orders in `state`.

    `is_bad` says that there should be none.
    """

    state: State
    orders: int
    oldest: datetime | None = None
    is_bad: bool = False


def cells(line: LaneLine) -> tuple[Cell, ...]:
    """Return the cells of a lane, in the order of the table's columns."""
    unclear = (State.UNKNOWN, State.CONFLICT, State.REJECTED)
    first_unclear = next((state for state in unclear if line.count(state)), State.REJECTED)
    return (
        _cell(line, State.IMPORTED),
        _cell(line, State.BLOCKED, is_bad=True),
        _cell(line, State.HELD),
        _cell(line, State.READY, State.SENDING),
        Cell(first_unclear, line.count(*unclear), is_bad=True),
        _cell(line, State.ACKNOWLEDGED, State.PARTIALLY_SHIPPED),
    )


def _cell(line: LaneLine, state: State, *alike: State, is_bad: bool = False) -> Cell:
    return Cell(state, line.count(state, *alike), line.oldest.get(state), is_bad)
