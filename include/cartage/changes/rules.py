"""What the store's present copy of a sent order means: which questions it raises, and which it ends. Pure.

Every rule looks at how things are, not at what changed last: a page that is read twice, or late, says the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cartage.changes.repo.sent_orders import SentGroup, SentOrder
from cartage.changes.versions import Version, differences
from cartage.intake.order_rows import NewGroup, NewOrder
from cartage.lanes.settings.changes import Changes, OnCancel, OnEdit
from cartage.lifecycle.exceptions import ExceptionDraft
from cartage.model.documents import sales_order_document
from cartage.model.exceptions import Choice, ExceptionKind
from cartage.model.states import AT_WAREHOUSE, UNSENT, State
from cartage.model.statuses import NAMES, StatusMap

# 3dcart-api.md section 5: ids of the system, the same in every store.
CANCEL = 5
HOLD = 6

CHANGED_BACK = "changed back in the store"
# At the warehouse or on the way to it, and not gone yet.
ACTIVE = frozenset({State.SENDING, State.UNKNOWN, State.ACKNOWLEDGED, State.PARTIALLY_SHIPPED})
_TEXTS = ("invoice", "comments", "internal_comments", "external_comments", "questions")


@dataclass
class JudgedChange:
    """Questions whose matter is so now, and kinds whose matter is over, with the reason."""

    questions: list[ExceptionDraft] = field(default_factory=list)
    over: dict[ExceptionKind, str] = field(default_factory=dict)


def judge_change(
    order: SentOrder, new: NewOrder, read_at: datetime, statuses: StatusMap, policy: Changes
) -> JudgedChange:
    """Judge one order that was sent, as the store showed it at `read_at`."""
    judged = JudgedChange()
    status = new.order.status_id
    by_person = statuses.set_by_person(status)
    for kind, its_status, decision in (
        (ExceptionKind.CANCELLED_AFTER_TRANSFER, CANCEL, policy.cancelled),
        (ExceptionKind.HELD_AFTER_TRANSFER, HOLD, policy.held),
    ):
        if not by_person or status != its_status:
            judged.over[kind] = CHANGED_BACK
        elif any(group.state in ACTIVE for group in order.groups):
            wanted = Choice.CANCEL if decision is OnCancel.CANCEL else None
            judged.questions.append(stopped_question(order, kind, statuses.name(status), decision=wanted))
    if by_person and status == CANCEL:
        judged.over[ExceptionKind.EDITED_AFTER_TRANSFER] = "cancelled in the store"
    elif not by_person:
        _judge_edit(judged, order, new, policy)
    _judge_put_back(judged, order, status, read_at, statuses)
    return judged


def group_changes(order: SentOrder, new: NewOrder) -> dict[int, list[str]]:
    """What differs from what was sent, ShipmentID -> in words; parts that were not sent follow the store anyway."""
    there = {group.shipment_id: group for group in order.groups}
    now = {group.shipment_id: group for group in new.groups}
    # Whoever writes tracking writes the method with it: we, also where a restored ledger has forgotten it.
    tracked = {group.shipment_id for group in new.order.groups if group.tracking}
    found: dict[int, list[str]] = {}
    for shipment_id in sorted(there.keys() | now.keys()):
        sent, seen = there.get(shipment_id), now.get(shipment_id)
        if sent is None:
            changes = ["a ship-to was added"] if seen is not None and seen.lines else []
        elif sent.state in UNSENT or (sent.state is State.CANCELLED and not sent.cancel_wanted):
            changes = []
        elif seen is None:
            changes = ["the ship-to was removed"]
        else:
            with_method = not sent.tracked and shipment_id not in tracked
            changes = differences(sent.version, version_of(seen), with_method=with_method)
        if changes:
            found[shipment_id] = changes
    return found


def version_of(group: NewGroup) -> Version:
    """The version of a ship group that the store has now."""
    return Version.of(group.ship_to, group.ship_method, [(line.sku, line.quantity) for line in group.lines])


def what_changed(order: SentOrder, new: NewOrder) -> str:
    """What a person changed since the copy that was last kept, for the timeline; empty if nothing that is told."""
    changes = [one for of_group in group_changes(order, new).values() for one in of_group]
    document = sales_order_document(new.order)
    texts = [name for name in _TEXTS if document.get(name) != order.document.get(name, document.get(name))]
    return "; ".join([*changes, *texts])


def put_back_question(order: SentOrder, status_name: str) -> ExceptionDraft:
    """The question about an order that the store wants shipped, but that was told of, or cancelled, already."""
    groups = [group for group in order.groups if group.state not in UNSENT]
    posted = NAMES[order.posted_status] if order.posted_status else "nothing"
    gone = all(group.state is State.CANCELLED for group in groups)
    what = "was cancelled at the warehouse" if gone else f"was sent, and the store told {posted}"
    shipped = any(group.state in (State.SHIPPED, State.PARTIALLY_SHIPPED) for group in groups)
    warning = "; it has shipped, so that resend ships it a SECOND time" if shipped else ""
    return _question(
        order,
        ExceptionKind.PUT_BACK,
        f"order {order.order_id} {what}, but a person put it back to {status_name}{warning}",
        groups,
        after={"status": status_name},
        choices=(Choice.RESEND, Choice.IGNORE) if gone or not order.posted_status else (),
    )


def stopped_question(
    order: SentOrder, kind: ExceptionKind, status_name: str, *, decision: Choice | None = None
) -> ExceptionDraft:
    """The question about an order that the store has cancelled or put on hold."""
    return _question(
        order,
        kind,
        f"order {order.order_id} was set to {status_name} in the store after it was sent",
        [group for group in order.groups if group.state not in UNSENT],
        after={"status": status_name},
        decision=decision,
    )


def _judge_edit(judged: JudgedChange, order: SentOrder, new: NewOrder, policy: Changes) -> None:
    changes = group_changes(order, new)
    if not changes:
        judged.over[ExceptionKind.EDITED_AFTER_TRANSFER] = CHANGED_BACK
        return
    there = {group.shipment_id: group for group in order.groups}
    # What has shipped as it was cannot be mended here: the timeline says so, and nobody is asked.
    if any(change not in there or there[change].state in ACTIVE for change in changes):
        decision = Choice.RESEND if policy.edited is OnEdit.RESEND else None
        judged.questions.append(edit_question(order, new, changes, decision=decision))


def edit_question(
    order: SentOrder, new: NewOrder, changes: dict[int, list[str]], *, decision: Choice | None = None
) -> ExceptionDraft:
    """The question about an order whose address or lines are no longer those that were sent."""
    said = "; ".join(one for of_group in changes.values() for one in of_group)
    now = [
        {"shipment_id": group.shipment_id, **version_of(group).document()}
        for group in new.groups
        if group.shipment_id in changes
    ]
    return _question(
        order,
        ExceptionKind.EDITED_AFTER_TRANSFER,
        f"order {order.order_id} was edited in the store after it was sent: {said}",
        [group for group in order.groups if group.shipment_id in changes],
        after={"groups": now},
        decision=decision,
    )


def _judge_put_back(
    judged: JudgedChange, order: SentOrder, status: int, read_at: datetime, statuses: StatusMap
) -> None:
    """Put back to the import status after the store was seen to have left it; or wanted again after our cancel.

    Our own lag is neither: a status that was told and not yet verified, or a reading from before.
    """
    ours = [group for group in order.groups if group.state is State.CANCELLED and group.cancel_wanted]
    # What an answer on its way has cancelled is that answer's to go on with.
    pending = any(
        one.open
        for kind, one in order.questions.items()
        if kind not in {*judged.over, ExceptionKind.PUT_BACK}
    )
    wanted_again = (
        not pending
        and not statuses.set_by_person(status)
        and any(group.state_since < read_at for group in ours)
    )
    verified = (
        order.posted_status is not None and order.verified_at is not None and order.verified_at < read_at
    )
    sent = any(group.state in AT_WAREHOUSE or group.state is State.CANCELLED for group in order.groups)
    if wanted_again or (status == statuses.import_status and verified and sent):
        judged.questions.append(put_back_question(order, statuses.name(status)))
    elif status != statuses.import_status:
        judged.over[ExceptionKind.PUT_BACK] = CHANGED_BACK


def _question(
    order: SentOrder,
    kind: ExceptionKind,
    message: str,
    groups: Sequence[SentGroup],
    *,
    after: dict[str, Any],
    decision: Choice | None = None,
    choices: tuple[Choice, ...] = (),
) -> ExceptionDraft:
    return ExceptionDraft(
        sales_order_id=order.id,
        kind=kind,
        message=message,
        remote_id=", ".join(group.remote_id for group in groups if group.remote_id),
        before={"groups": [_sent_document(group) for group in groups]},
        after=after,
        decision=decision,
        choices=choices,
    )


def _sent_document(group: SentGroup) -> dict[str, Any]:
    return {
        "shipment_id": group.shipment_id,
        "reference": group.known_as,
        "remote_id": group.remote_id or "",
        "state": group.state.value,
        **group.version.document(),
    }
