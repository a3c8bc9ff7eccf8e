"""The figures of a lane on Home: states that are alike share a cell, which leads to orders that are there."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from cartage.model.states import State
from cartage.operations.views.lanes import LaneLine
from cartage_airflow.desk.pages.home.cells import Cell, cells

SINCE = datetime(2026, 11, 29, tzinfo=UTC)


def test_states_that_are_alike_are_one_cell() -> None:
    counted = Counter(
        {
            State.READY: 2,
            State.SENDING: 1,
            State.ACKNOWLEDGED: 3,
            State.PARTIALLY_SHIPPED: 4,
            State.BLOCKED: 5,
        }
    )
    found = cells(LaneLine("east", counted, {State.READY: SINCE}))
    assert [(cell.state, cell.orders, cell.is_bad) for cell in found] == [
        (State.IMPORTED, 0, False),
        (State.BLOCKED, 5, True),
        (State.HELD, 0, False),
        (State.READY, 3, False),
        (State.REJECTED, 0, True),
        (State.ACKNOWLEDGED, 7, False),
    ]
    assert found[3] == Cell(State.READY, 3, SINCE)


@pytest.mark.parametrize("state", [State.UNKNOWN, State.CONFLICT, State.REJECTED])
def test_the_cell_of_unclear_orders_leads_to_some_of_them(state: State) -> None:
    found = cells(LaneLine("east", Counter({state: 2})))
    assert Cell(state, 2, is_bad=True) in found
