"""The transitions have no dead ends, and the manual's diagram is current."""

from __future__ import annotations

from pathlib import Path

import pytest

from cartage.lifecycle.diagram import BEGIN, END, drawn, mermaid
from cartage.model.states import AT_WAREHOUSE, LIVE, TRANSITIONS, UNSENT, State, sources

PAGE = Path(__file__).parents[3] / "docs" / "states.md"


def reachable(start: State) -> set[State]:
    found, waiting = {start}, [start]
    while waiting:
        new = TRANSITIONS[waiting.pop()] - found
        found |= new
        waiting += new
    return found


def test_every_state_has_transitions_and_can_be_reached() -> None:
    assert set(TRANSITIONS) == set(State)
    assert reachable(State.IMPORTED) == set(State)


def test_cancelled_is_the_only_final_state() -> None:
    assert [state for state in State if not TRANSITIONS[state]] == [State.CANCELLED]


def test_only_a_ready_order_can_become_sending() -> None:
    assert sources(State.SENDING) == [State.READY]


def test_an_unknown_outcome_never_becomes_sending_directly() -> None:
    assert State.SENDING not in TRANSITIONS[State.UNKNOWN]
    assert State.UNKNOWN not in UNSENT


def test_an_order_at_the_warehouse_never_becomes_unsent() -> None:
    assert not AT_WAREHOUSE & UNSENT
    assert all(not TRANSITIONS[state] & UNSENT for state in AT_WAREHOUSE)


def test_a_shipped_order_never_becomes_unshipped() -> None:
    assert AT_WAREHOUSE <= LIVE


def test_the_diagram_in_the_manual_is_current() -> None:
    page = PAGE.read_text()
    assert page == drawn(page), "run: python -m cartage.lifecycle.diagram docs/states.md"


def test_the_manual_explains_every_state() -> None:
    rows = [line.split("|")[1].strip() for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    assert rows == [f"`{state}`" for state in State]


def test_the_diagram_has_an_arrow_for_every_transition() -> None:
    moves = sum(len(targets) for targets in TRANSITIONS.values())
    assert mermaid().count("-->") == moves + 3


@pytest.mark.parametrize("page", ["", BEGIN, END, f"{END}\n{BEGIN}"])
def test_a_page_without_markers_is_not_overwritten(page: str) -> None:
    with pytest.raises(ValueError, match="needs a line"):
        drawn(page)
