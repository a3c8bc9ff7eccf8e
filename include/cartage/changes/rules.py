"""Judge the store's present copy of a sent order: which exceptions it opens, and which it ends. Pure.

Every rule looks at the present state, not at what changed last, so a page that is read twice or late judges the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cartage.changes.repo.sent_orders import SentGroup, SentOrder
from cartage.changes.sent_parts import part_differences, parts_by_group, sent_parts
from cartage.changes.versions import Version, differences
from cartage.intake.order_rows import NewGroup, NewOrder
from cartage.lanes.settings.changes import Changes, OnCancel, OnEdit
from cartage.lifecycle.exceptions import ExceptionDraft
from cartage.model.documents import sales_order_document, sales_order_from
from cartage.model.exceptions import Choice, ExceptionKind
from cartage.model.orders import LineKind, OrderLine, ShipGroup
from cartage.model.states import AT_WAREHOUSE, UNSENT, State
from cartage.model.statuses import NAMES, StatusMap

# 3dcart-api.md, section 5: ids of the system, the same in every store.
CANCEL = 5
HOLD = 6

CHANGED_BACK = "changed back in the store"
# At the warehouse or on the way to it, and not gone yet.
ACTIVE = frozenset({State.SENDING, State.UNKNOWN, State.ACKNOWLEDGED, State.PARTIALLY_SHIPPED})
_TEXTS = ("invoice", "comments", "internal_comments", "external_comments", "questions")


@dataclass
class JudgedChange:
    """The exceptions that apply now, and the kinds that no longer apply, with the reason."""

    drafts: list[ExceptionDraft] = field(default_factory=list)
    ended: dict[ExceptionKind, str] = field(default_factory=dict)


def judge_change(
    order: SentOrder, new: NewOrder, read_at: datetime, statuses: StatusMap, policy: Changes
) -> JudgedChange:
    """Judge a sent order as the store showed it at `read_at`."""
    judged = JudgedChange()
    status = new.order.status_id
    by_person = set_by_person(order, status, statuses)
    for kind, its_status, decision in (
        (ExceptionKind.CANCELLED_AFTER_TRANSFER, CANCEL, policy.cancelled),
        (ExceptionKind.HELD_AFTER_TRANSFER, HOLD, policy.held),
    ):
        if not by_person or status != its_status:
            judged.ended[kind] = CHANGED_BACK
        elif any(group.state in ACTIVE for group in order.groups):
            wanted = Choice.CANCEL if decision is OnCancel.CANCEL else None
            judged.drafts.append(draft_stopped(order, kind, statuses.name(status), decision=wanted))
    if by_person and status == CANCEL:
        judged.ended[ExceptionKind.EDITED_AFTER_TRANSFER] = "cancelled in the store"
    elif not by_person:
        _judge_edit(judged, order, new, policy)
    _judge_put_back(judged, order, status, read_at, statuses)
    return judged


def set_by_person(order: SentOrder, status: int, statuses: StatusMap) -> bool:
    """Return whether a person set this status of a sent order.

    A status that we wrote is no person's, also if the lane's settings have named others since.
    """
    return statuses.set_by_person(status) and status not in order.own_statuses


def group_changes(order: SentOrder, new: NewOrder) -> dict[int, list[str]]:
    """Return what differs from what was sent: ShipmentID -> in words. Unsent parts follow the store anyway."""
    known = parts_by_group(order.groups)
    now = {group.shipment_id: group for group in new.groups}
    # Posting tracking sets the ship method too. The store shows the tracking also where a restored ledger forgot it.
    tracked = {group.shipment_id for group in new.order.groups if group.tracking}
    found: dict[int, list[str]] = {}
    for shipment_id in sorted(known.keys() | now.keys()):
        parts, seen = known.get(shipment_id), now.get(shipment_id)
        if parts is None:
            changes = ["a ship-to was added"] if seen is not None and seen.lines else []
        elif not sent_parts(parts):
            changes = []
        elif seen is None:
            changes = ["the ship-to was removed"]
        else:
            with_method = shipment_id not in tracked and not any(part.tracked for part in parts)
            changes = part_differences(parts, version_of(seen), with_method=with_method)
        if changes:
            found[shipment_id] = changes
    return found


def version_of(group: NewGroup) -> Version:
    """Return the version of a ship group that the store has now."""
    return _version(group, group.lines)


def what_changed(order: SentOrder, new: NewOrder) -> str:
    """Return what a person changed since the copy that was last kept, as the timeline shows it; may be empty."""
    document = sales_order_document(new.order)
    texts = [name for name in _TEXTS if document.get(name) != order.document.get(name, document.get(name))]
    return "; ".join([*_changes_since(order, new), *texts])


def _changes_since(order: SentOrder, new: NewOrder) -> list[str]:
    """Return what differs in the ship-tos from the copy that was last kept. Unsent parts follow the store anyway."""
    known = parts_by_group(order.groups)
    before = {group.shipment_id: group for group in sales_order_from(order.document).groups}
    now = {group.shipment_id: group for group in new.order.groups}
    found: list[str] = []
    for shipment_id in sorted(before.keys() | now.keys()):
        old, group, parts = before.get(shipment_id), now.get(shipment_id), known.get(shipment_id, [])
        if parts and all(part.state in UNSENT for part in parts):
            continue
        if old is None or group is None:
            lines = group.lines if group is not None else old.lines if old is not None else ()
            found += [f"the ship-to was {'added' if old is None else 'removed'}"] if lines else []
            continue
        # Where a restored ledger does not know its own write, the tracking in the store shows that there was one.
        with_method = not group.tracking and not any(part.tracked for part in parts)
        found += differences(_copied(old), _copied(group), with_method=with_method, before="before")
    return found


def _copied(group: ShipGroup) -> Version:
    return _version(group, [line for line in group.lines if line.kind is not LineKind.DISCOUNT])


def _version(group: NewGroup | ShipGroup, lines: Sequence[OrderLine]) -> Version:
    return Version.of(
        group.ship_to,
        group.ship_method,
        [(line.sku, line.quantity) for line in lines],
        [(line.sku, option.text) for line in lines for option in line.options],
    )


def draft_put_back(order: SentOrder, status_name: str) -> ExceptionDraft:
    """Draft the exception about an order that a person put back after it was sent, or that is wanted but cancelled."""
    groups = [group for group in order.groups if group.state not in UNSENT]
    posted = NAMES[order.posted_status] if order.posted_status else "nothing"
    gone = all(group.state is State.CANCELLED for group in groups)
    what = "was cancelled at the warehouse" if gone else f"was sent, and its status posted as {posted}"
    shipped = any(group.state in (State.SHIPPED, State.PARTIALLY_SHIPPED) for group in groups)
    warning = "; it has shipped, so resend ships it a SECOND time" if shipped else ""
    return _draft(
        order,
        ExceptionKind.PUT_BACK,
        f"order {order.order_id} {what}, but a person put it back to {status_name}{warning}",
        groups,
        after={"status": status_name},
        choices=(Choice.RESEND, Choice.IGNORE) if gone or not order.posted_status else (),
    )


def draft_stopped(
    order: SentOrder, kind: ExceptionKind, status_name: str, *, decision: Choice | None = None
) -> ExceptionDraft:
    """Draft the exception about an order that the store has cancelled or put on hold."""
    return _draft(
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
        judged.ended[ExceptionKind.EDITED_AFTER_TRANSFER] = CHANGED_BACK
        return
    known = parts_by_group(order.groups)
    # What has shipped can no longer be changed: the timeline shows the edit, and no exception is opened.
    active = {shipment_id for shipment_id, parts in known.items() for part in parts if part.state in ACTIVE}
    if any(shipment_id not in known or shipment_id in active for shipment_id in changes):
        decision = Choice.RESEND if policy.edited is OnEdit.RESEND else None
        judged.drafts.append(draft_edited(order, new, changes, decision=decision))


def draft_edited(
    order: SentOrder, new: NewOrder, changes: dict[int, list[str]], *, decision: Choice | None = None
) -> ExceptionDraft:
    """Draft the exception about an order whose address or lines are no longer those that were sent."""
    edits = "; ".join(edit for of_group in changes.values() for edit in of_group)
    now = [
        {"shipment_id": group.shipment_id, **version_of(group).document()}
        for group in new.groups
        if group.shipment_id in changes
    ]
    return _draft(
        order,
        ExceptionKind.EDITED_AFTER_TRANSFER,
        f"order {order.order_id} was edited in the store after it was sent: {edits}",
        [group for group in order.groups if group.shipment_id in changes and group.state not in UNSENT],
        after={"groups": now},
        decision=decision,
    )


def _judge_put_back(
    judged: JudgedChange, order: SentOrder, status: int, read_at: datetime, statuses: StatusMap
) -> None:
    """Judge whether an order was put back to the import status after it had left it, or is wanted after our cancel.

    A status that was posted and not verified yet, or a reading from before, is our own delay and no person's wish.
    """
    ours = [group for group in order.groups if group.state is State.CANCELLED and group.cancel_wanted]
    # A decision that is being carried out goes on with what it has cancelled.
    pending = any(
        current.open
        for kind, current in order.exceptions.items()
        if kind not in {*judged.ended, ExceptionKind.PUT_BACK}
    )
    wanted_again = (
        not pending
        and not set_by_person(order, status, statuses)
        and any(group.state_since < read_at for group in ours)
    )
    verified = (
        order.posted_status is not None and order.verified_at is not None and order.verified_at < read_at
    )
    sent = any(group.state in AT_WAREHOUSE or group.state is State.CANCELLED for group in order.groups)
    if wanted_again or (status == statuses.import_status and verified and sent):
        judged.drafts.append(draft_put_back(order, statuses.name(status)))
    elif status != statuses.import_status:
        judged.ended[ExceptionKind.PUT_BACK] = CHANGED_BACK


def _draft(
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
