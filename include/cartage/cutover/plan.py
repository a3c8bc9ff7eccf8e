"""What is to be done at the cutover: the owner's choices, compared with what store, warehouse and ledger say now.

Reads only. A list that does not fit any more is refused whole, with every row that does not and its mend.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cartage.cutover import repo as cutover_repo
from cartage.cutover.file import CutoverChoice
from cartage.cutover.repo import CutoverOrder
from cartage.cutover.rules import CutoverCandidate, CutoverDecision, objection
from cartage.cutover.survey import CutoverSurvey, survey_cutover
from cartage.errors import SettingsError
from cartage.model.orders import SalesOrder
from cartage.runtime.context import StageContext
from cartage.storefront import Unreadable, translate_order

log = logging.getLogger(__name__)

_TELL_EVERY = 50
_ANEW = "Write the list anew with --write."


@dataclass(frozen=True, slots=True)
class CutoverPlan:
    """What is to be done, as orders that the ledger may or may not know yet. `taken` are left to the import."""

    keep: tuple[SalesOrder, ...]
    keep_known: tuple[int, ...]
    adopt: tuple[CutoverCandidate, ...]
    taken: int
    done_already: int
    read_at: datetime

    @property
    def counts(self) -> dict[str, int]:
        """Orders kept and taken, ship groups adopted, and rows that an earlier cutover has carried out."""
        return {
            "kept": len(self.keep) + len(self.keep_known),
            "adopted": len(self.adopt),
            "taken": self.taken,
            "done_already": self.done_already,
        }


def plan_cutover(context: StageContext, choices: Sequence[CutoverChoice], name: str) -> CutoverPlan:
    """Compare the owner's choices with what store, warehouse and ledger say now. `name` is the file's, for errors.

    Raises:
        SettingsError: every choice that cannot be carried out, and every order that the list does not have.
        RemoteError: if store or warehouse cannot be read.
    """
    read_at = context.ledger.now()
    now = survey_cutover(context, sorted({choice.status_id for choice in choices}))
    with context.ledger.begin() as connection:
        order_ids = {choice.order_id for choice in choices}
        known = cutover_repo.cutover_orders(connection, context.store_row.id, order_ids)
    mistakes = [*_objections(context, choices, now, known), *_missing(context, choices, now)]
    if mistakes:
        raise SettingsError(name, mistakes)
    listed = {one.key: one for one in now.listed}
    done = [choice for choice in choices if _is_done(choice, known.get(choice.order_id))]
    rest = [choice for choice in choices if choice not in done]
    kept = {choice.order_id for choice in rest if choice.decision is CutoverDecision.KEEP}
    return CutoverPlan(
        keep=tuple(_orders(context, sorted(kept - known.keys()), now.read)),
        keep_known=tuple(known[order_id].id for order_id in sorted(kept & known.keys())),
        adopt=tuple(listed[choice.key] for choice in rest if choice.decision is CutoverDecision.ADOPT),
        taken=sum(choice.decision is CutoverDecision.TAKE for choice in rest),
        done_already=len(done),
        read_at=read_at,
    )


def _objections(
    context: StageContext,
    choices: Sequence[CutoverChoice],
    now: CutoverSurvey,
    known: Mapping[int, CutoverOrder],
) -> Iterator[str]:
    listed = {one.key: one for one in now.listed}
    for choice in choices:
        if _is_done(choice, known.get(choice.order_id)):
            continue
        what = _objection(context, choice, listed.get(choice.key), known.get(choice.order_id))
        if what:
            yield f"  row {choice.row}, column decision: order {choice.order_id}: {what}"


def _objection(
    context: StageContext, choice: CutoverChoice, listed: CutoverCandidate | None, known: CutoverOrder | None
) -> str:
    if listed is not None:
        return _moved(choice, listed) or objection(listed, choice.decision)
    if known is not None and known.lane != context.lane.name:
        return f"it belongs to lane {known.lane!r}. Delete the row."
    if known is not None and known.left:
        return "it was left to the old system before, which is for good. Write keep, or delete the row."
    if known is not None and known.sent and choice.decision is not CutoverDecision.TAKE:
        return "Cartage has sent or adopted it already. Delete the row."
    gone = choice.decision is CutoverDecision.ADOPT
    return f"it has left the listed statuses, or the warehouse has it no longer. {_ANEW}" if gone else ""


def _moved(choice: CutoverChoice, listed: CutoverCandidate) -> str:
    """Whether the owner has decided about another order of the warehouse than the one that is there now."""
    number = listed.there.remote_id if listed.there else ""
    if choice.decision is not CutoverDecision.ADOPT or not listed.present or number == choice.warehouse_id:
        return ""
    return (
        f"the warehouse has it as number {number} now, the list says {choice.warehouse_id or 'none'}. {_ANEW}"
    )


def _missing(context: StageContext, choices: Sequence[CutoverChoice], now: CutoverSurvey) -> Iterator[str]:
    """Orders that came since the list was written: ours, unless the old system has sent them meanwhile."""
    first = context.statuses.import_status
    in_file = {choice.key for choice in choices}
    for one in now.listed:
        if one.key not in in_file and one.present and one.order.status_id == first:
            yield (
                f"  order {one.order.order_id} is not in the list, and the warehouse has it as {one.old_reference}: "
                f"the old system still sends. Stop it first. {_ANEW}"
            )


def _is_done(choice: CutoverChoice, known: CutoverOrder | None) -> bool:
    """Whether an earlier cutover has carried this out."""
    if known is None:
        return False
    if choice.decision is CutoverDecision.KEEP:
        return known.left
    group = known.groups.get(choice.shipment_id)
    if choice.decision is CutoverDecision.ADOPT:
        return group is not None and group.adopted_as is not None
    return group is not None and group.sent


def _orders(
    context: StageContext, order_ids: Sequence[int], read: Mapping[int, SalesOrder]
) -> Iterator[SalesOrder]:
    """The orders themselves; those that left the listed statuses since are asked for one by one, with progress."""
    gone = [order_id for order_id in order_ids if order_id not in read]
    for done, order_id in enumerate(gone):
        if done % _TELL_EVERY == 0:
            log.info(
                "lane %s: %d orders left the listed statuses; read %d", context.lane.name, len(gone), done
            )
        entry = context.store.get_order(order_id)
        order = translate_order(entry, context.lane.store.zone()) if entry is not None else None
        if isinstance(order, SalesOrder):
            yield order
        elif isinstance(order, Unreadable):
            log.warning("lane %s: order %d cannot be read: %s", context.lane.name, order_id, order.what)
    yield from (read[order_id] for order_id in order_ids if order_id in read)
