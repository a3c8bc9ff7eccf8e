"""Judge one order of two sides: what differs, and what Cartage can do about it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cartage.model.differences.fixes import DifferenceFix
from cartage.model.differences.kinds import STORE, WAREHOUSE, DifferenceKind
from cartage.model.states import AT_WAREHOUSE, State
from cartage.model.statuses import StatusMap
from cartage.reconciliation.light_rows import (
    CANCELLED,
    OPEN,
    PARTLY,
    SEPARATOR,
    SHIPPED,
    is_same_place,
    numbers_in,
    skus_in,
)

_KIND, _FIX = DifferenceKind, DifferenceFix
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class FoundDifference:
    """A difference of a side to the ledger. `ours` and `theirs` are for people and have no personal data."""

    side: str
    kind: DifferenceKind
    key: str
    ours: str
    theirs: str
    order_id: int | None = None
    fulfillment_order_id: int | None = None
    remote_id: str = ""
    fix: DifferenceFix | None = None

    @property
    def identity(self) -> tuple[str, str, str]:
        """What distinguishes it from the others of its lane."""
        return self.side, self.kind, self.key


@dataclass(frozen=True, slots=True)
class Rules:
    """What a lane compares. What changed after `settled_before` (seconds, epoch) is still on its way.

    `imports` and `posts` say whether the lane does so in its mode; `store_code` begins its references.
    `absence_proves`: an order that the warehouse does not show is not there.
    """

    statuses: StatusMap
    store_code: str
    settled_before: float
    imports: bool = True
    posts: bool = True
    absence_proves: bool = True


def judge_with_store(row: Any, rules: Rules) -> Iterator[FoundDifference]:
    """Yield how a joined row of store and ledger differs; nothing about what a person has decided."""
    order_id = int(row.order_id)
    group = f"{order_id}/{int(row.shipment_id)}"
    if row.where == "left_only":
        if row.known:
            # A group that was added to an order of the ledger is an edit, which the change watch finds.
            yield FoundDifference(
                STORE, _KIND.LINES, group, "no such ship-to", _shown(row.lines_there), order_id
            )
        elif row.eligible and rules.imports:
            theirs = _shown(row.lines_there)
            yield FoundDifference(
                STORE, _KIND.NOT_IMPORTED, group, "not there", theirs, order_id, fix=_FIX.REIMPORT
            )
        return
    if row.explained:
        return
    facts: dict[str, Any] = {
        "order_id": order_id,
        "fulfillment_order_id": int(row.id),
        "remote_id": row.remote_id,
    }
    if row.where == "right_only":
        if row.state in (State.SKIPPED, State.CANCELLED):
            return
        if row.listed:
            yield FoundDifference(
                STORE, _KIND.LINES, row.reference, _shown(row.lines), "no such ship-to", **facts
            )
        else:
            yield FoundDifference(
                STORE, _KIND.GONE_FROM_STORE, str(order_id), row.state, "no such order", **facts
            )
        return
    if rules.posts:
        yield from _status(row, rules, facts)
        yield from _posted(row, facts)
    yield from _content(row, facts)


def _status(row: Any, rules: Rules, facts: dict[str, Any]) -> Iterator[FoundDifference]:
    statuses, there = rules.statuses, int(row.status_there)
    key, shown = str(facts["order_id"]), statuses.name(there)
    if row.wanted and not statuses.set_by_person(there) and not statuses.reached(there, int(row.wanted)):
        if numbers_in(row.due) - numbers_in(row.numbers_there):
            return  # The status goes with the tracking numbers, which are not posted either.
        ours = statuses.name(int(row.wanted))
        yield FoundDifference(STORE, _KIND.NOT_POSTED, key, ours, shown, fix=_FIX.POST, **facts)
    elif row.status and there != int(row.status) and not (row.wanted and there == int(row.wanted)):
        expected = int(row.status)
        ahead = there in (statuses.partial, statuses.shipped) and statuses.may_move(expected, there)
        kind = _KIND.NOT_SHIPPED if ahead else _KIND.STATUS
        fix = _status_fix(expected, there, statuses)
        yield FoundDifference(STORE, kind, key, statuses.name(expected), shown, fix=fix, **facts)


def _status_fix(expected: int, there: int, statuses: StatusMap) -> DifferenceFix | None:
    """Return the fix of a status. What a person may have set is read as the change watch reads it, not overwritten."""
    if statuses.set_by_person(there) or statuses.import_status in {there, expected}:
        return _FIX.REIMPORT
    behind = expected in statuses.path and statuses.may_move(there, expected)
    return _FIX.POST if behind else None


def _posted(row: Any, facts: dict[str, Any]) -> Iterator[FoundDifference]:
    there = numbers_in(row.numbers_there)
    shown = _shown(row.numbers_there) or "no number"
    if missing := numbers_in(row.due) - there:
        ours = _shown(SEPARATOR.join(sorted(missing)))
        yield FoundDifference(STORE, _KIND.NOT_POSTED, row.reference, ours, shown, fix=_FIX.POST, **facts)
    if missing := numbers_in(row.posted) - there:
        ours = _shown(SEPARATOR.join(sorted(missing)))
        yield FoundDifference(STORE, _KIND.TRACKING, row.reference, ours, shown, fix=_FIX.POST, **facts)
    if kept := (numbers_in(row.voided) - numbers_in(row.numbers)) & there:
        theirs = _shown(SEPARATOR.join(sorted(kept)))
        yield FoundDifference(STORE, _KIND.VOIDED, row.reference, "withdrawn", theirs, fix=_FIX.POST, **facts)


def _content(row: Any, facts: dict[str, Any]) -> Iterator[FoundDifference]:
    if row.content_there in (row.content, row.seen) or row.state in (State.SKIPPED, State.CANCELLED):
        return
    if row.lead:
        yield from _lines(STORE, row.reference, row.lines, row.lines_there, _FIX.REIMPORT, facts)
    if row.address and row.address_there and row.address != row.address_there:
        ours, theirs = "as it was read", "another address"
        yield FoundDifference(STORE, _KIND.ADDRESS, row.reference, ours, theirs, fix=_FIX.REIMPORT, **facts)
    if row.method != row.method_there:
        yield FoundDifference(
            STORE, _KIND.SHIP_METHOD, row.reference, row.method, row.method_there, fix=_FIX.REIMPORT, **facts
        )


def _lines(
    side: str, key: str, ours: str, theirs: str, fix: DifferenceFix | None, facts: dict[str, Any]
) -> Iterator[FoundDifference]:
    if ours != theirs:
        same = sorted(skus_in(ours)) == sorted(skus_in(theirs))
        kind = _KIND.QUANTITIES if same else _KIND.LINES
        yield FoundDifference(side, kind, key, _shown(ours), _shown(theirs), fix=fix, **facts)


def judge_with_warehouse(row: Any, side: str = WAREHOUSE) -> Iterator[FoundDifference]:
    """Yield how a joined row of ledger and warehouse differs; nothing about what a person has decided."""
    if row.where == "left_only":
        order_id = order_id_of(row.ref)
        theirs = f"{row.state_there}: {_shown(row.lines_there)}".rstrip(": ")
        yield FoundDifference(
            side, _KIND.NOT_IN_LEDGER, row.reference_there, "no such reference", theirs, order_id, None,
            row.remote_id_there, _FIX.ADOPT,
        )  # fmt: skip
        return
    if row.explained:
        return
    facts: dict[str, Any] = {"order_id": int(row.order_id), "fulfillment_order_id": int(row.id)}
    if row.where == "right_only":
        yield FoundDifference(
            side,
            _KIND.UNKNOWN_TO_WAREHOUSE,
            row.reference,
            row.state,
            "no such order",
            remote_id=row.remote_id,
            **facts,
        )
        return
    facts["remote_id"] = row.remote_id_there
    if state := _state(row, side, facts):
        yield state
    elif row.state in AT_WAREHOUSE and not row.superseded and row.state_there != CANCELLED:
        yield from _packages(row, side, facts)
        yield from _sent(row, side, facts)


def judge_other_warehouse(row: Any, there: Any, *, is_here: bool, side: str = WAREHOUSE) -> FoundDifference:
    """Return the difference of an order (`row` of the ledger) that another of the lane's warehouses has.

    `is_here`: the ledger's own warehouse has it too, so that it may ship twice.
    """
    kind = _KIND.NOT_IN_LEDGER if is_here else _KIND.UNKNOWN_TO_WAREHOUSE
    theirs = f"{'also ' if is_here else ''}at {there.at}: {there.state}"
    return FoundDifference(
        side,
        kind,
        row.reference,
        f"{row.state} at {row.at}",
        theirs,
        int(row.order_id),
        int(row.id),
        there.remote_id,
    )


def _state(row: Any, side: str, facts: dict[str, Any]) -> FoundDifference | None:
    """Return the difference of the states, before which all others mean nothing."""
    there, ours = row.state_there, row.state
    kind: DifferenceKind | None = _KIND.STATUS
    fix: DifferenceFix | None = None
    if row.superseded or ours == State.CANCELLED:
        # An earlier generation that has shipped was followed by another one because it got lost.
        kind = None if there == CANCELLED or ours in _LEFT_ALONE else kind
    elif ours not in AT_WAREHOUSE:
        kind = None if there == CANCELLED or ours in _LEFT_ALONE else kind
        fix = _FIX.ADOPT
    else:
        kind, fix = _PROGRESS.get((ours, there)), _FIX.POLL
        # A warehouse that ships one order in several packages shows what has left, whatever the order's state.
        if there == OPEN and ours == State.PARTIALLY_SHIPPED and row.numbers_there:
            kind = None
        if kind is _KIND.NOT_SHIPPED and not row.posted:
            kind = _KIND.STATUS
    if kind is None:
        return None
    return FoundDifference(side, kind, row.reference, ours, there, fix=fix, **facts)


# A person decides about a conflict; what is being sent is not known yet.
_LEFT_ALONE = (State.CONFLICT, State.SENDING, State.UNKNOWN, State.SHIPPED)
# What it means that the ledger has an order in a state, and the warehouse in another.
_PROGRESS = {
    (State.ACKNOWLEDGED, PARTLY): _KIND.NOT_POSTED,
    (State.ACKNOWLEDGED, SHIPPED): _KIND.NOT_POSTED,
    (State.PARTIALLY_SHIPPED, SHIPPED): _KIND.NOT_POSTED,
    (State.PARTIALLY_SHIPPED, OPEN): _KIND.NOT_SHIPPED,
    (State.SHIPPED, OPEN): _KIND.NOT_SHIPPED,
    (State.SHIPPED, PARTLY): _KIND.NOT_SHIPPED,
    **{(state, CANCELLED): _KIND.STATUS for state in AT_WAREHOUSE},
}


def _packages(row: Any, side: str, facts: dict[str, Any]) -> Iterator[FoundDifference]:
    """Compare what has shipped. What is packed and has not shipped is no package yet."""
    if row.state == State.ACKNOWLEDGED or not row.lines_there:
        return
    ours, theirs = numbers_in(row.numbers), numbers_in(row.numbers_there)
    shown = _shown(row.numbers) or "no number", _shown(row.numbers_there) or "no number"
    if back := (numbers_in(row.voided) - ours) & theirs:
        names = _shown(SEPARATOR.join(sorted(back)))
        yield FoundDifference(
            side, _KIND.VOIDED, row.reference, f"withdrawn: {names}", names, fix=_FIX.POLL, **facts
        )
        theirs -= back
    if theirs - ours:
        yield FoundDifference(side, _KIND.TRACKING, row.reference, *shown, fix=_FIX.POLL, **facts)
    elif ours - theirs:
        yield FoundDifference(side, _KIND.VOIDED, row.reference, *shown, fix=_FIX.POLL, **facts)
    elif row.carriers and row.carriers_there and row.carriers != row.carriers_there:
        carriers = _carriers(row.carriers), _carriers(row.carriers_there)
        yield FoundDifference(side, _KIND.CARRIER, row.reference, *carriers, fix=_FIX.POLL, **facts)


def _sent(row: Any, side: str, facts: dict[str, Any]) -> Iterator[FoundDifference]:
    if row.lines_there and row.sent_lines:
        yield from _lines(side, row.reference, row.sent_lines, row.lines_there, None, facts)
    if not is_same_place(row.sent_place, row.place):
        what = "another country, postal code or house number"
        yield FoundDifference(side, _KIND.ADDRESS, row.reference, "as it was sent", what, **facts)
    forms = row.sent_method.split(SEPARATOR)
    # Once it has shipped, the warehouse names what it shipped with, which the packages say as well.
    if (
        row.state == State.ACKNOWLEDGED
        and row.method_there
        and row.sent_method
        and row.method_there not in forms
    ):
        yield FoundDifference(side, _KIND.SHIP_METHOD, row.reference, forms[0], row.method_there, **facts)


def order_id_of(ref: str) -> int | None:
    """Return the OrderID in a reference of ours."""
    parts = ref.split("_")
    return int(parts[1]) if len(parts) == 3 and parts[1].isdecimal() else None


def _carriers(text: str) -> str:
    return ", ".join(sorted({entry.partition(" ")[2] for entry in text.split(SEPARATOR)}))


def _shown(text: str) -> str:
    shown = text.replace(SEPARATOR, ", ")
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
