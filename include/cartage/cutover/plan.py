"""Plan the cutover: compare the owner's choices with the present state of store, warehouse and ledger. Reads only.

A list that no longer matches is refused as a whole, with every row that does not match and its fix.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cartage.cutover.file import CutoverChoice
from cartage.cutover.repo import CutoverOrder, cutover_orders
from cartage.cutover.rules import CutoverCandidate, CutoverDecision, objection
from cartage.cutover.survey import CutoverSurvey, survey_cutover
from cartage.errors import SettingsError
from cartage.model.orders import SalesOrder
from cartage.runtime.context import StageContext
from cartage.storefront import Unreadable, translate_order

log = logging.getLogger(__name__)

_LOG_EVERY = 50
_WRITE_AGAIN = "Write the list again with --write."


@dataclass(frozen=True, slots=True)
class CutoverPlan:
    """What to do. `keep_known` are sales orders in the ledger, `keep` those that are not; `imported` counts those left
    to the next import.
    """

    keep: tuple[SalesOrder, ...]
    keep_known: tuple[int, ...]
    adopt: tuple[CutoverCandidate, ...]
    imported: int
    done_already: int
    read_at: datetime

    @property
    def counts(self) -> dict[str, int]:
        """Orders kept, ship groups adopted and imported, and rows that an earlier cutover has carried out."""
        return {
            "kept": len(self.keep) + len(self.keep_known),
            "adopted": len(self.adopt),
            "imported": self.imported,
            "done_already": self.done_already,
        }


def plan_cutover(context: StageContext, choices: Sequence[CutoverChoice], name: str) -> CutoverPlan:
    """Compare the owner's choices with the present state. `name` is the file's name, for errors.

    Raises:
        SettingsError: with every choice that cannot be carried out, and every order that is missing in the list.
        RemoteError: if store or warehouse cannot be read.
    """
    read_at = context.ledger.now()
    now = survey_cutover(context, sorted({choice.status_id for choice in choices}))
    store = context.store_row
    with context.ledger.begin() as connection:
        known = cutover_orders(connection, store.id, {choice.order_id for choice in choices})
    mistakes = [*_objections(context, choices, now, known), *_missing(context, choices, now)]
    if mistakes:
        raise SettingsError(name, mistakes)
    listed = {candidate.key: candidate for candidate in now.listed}
    done = [choice for choice in choices if _is_done(choice, known.get(choice.order_id))]
    rest = [choice for choice in choices if choice not in done]
    kept = {choice.order_id for choice in rest if choice.decision is CutoverDecision.KEEP}
    return CutoverPlan(
        keep=tuple(_orders(context, sorted(kept - known.keys()), now.read)),
        keep_known=tuple(known[order_id].id for order_id in sorted(kept & known.keys())),
        adopt=tuple(listed[choice.key] for choice in rest if choice.decision is CutoverDecision.ADOPT),
        imported=sum(choice.decision is CutoverDecision.IMPORT for choice in rest),
        done_already=len(done),
        read_at=read_at,
    )


def _objections(
    context: StageContext,
    choices: Sequence[CutoverChoice],
    now: CutoverSurvey,
    known: Mapping[int, CutoverOrder],
) -> Iterator[str]:
    listed = {candidate.key: candidate for candidate in now.listed}
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
    if known is not None and known.left_to_old_system:
        return "it was left to the old system before, which is permanent. Write keep, or delete the row."
    if known is not None and known.sent and choice.decision is not CutoverDecision.IMPORT:
        return "Cartage has already sent or adopted it. Delete the row."
    gone = choice.decision is CutoverDecision.ADOPT
    return (
        f"it has left the listed statuses, or the warehouse no longer has it. {_WRITE_AGAIN}" if gone else ""
    )


def _moved(choice: CutoverChoice, listed: CutoverCandidate) -> str:
    """Return how the warehouse's order differs from the one that the owner decided about; empty if it does not."""
    number = listed.there.remote_id if listed.there else ""
    if choice.decision is not CutoverDecision.ADOPT or not listed.present or number == choice.warehouse_id:
        return ""
    return f"the warehouse has it as number {number} now, the list says {choice.warehouse_id or 'none'}. {_WRITE_AGAIN}"


def _missing(context: StageContext, choices: Sequence[CutoverChoice], now: CutoverSurvey) -> Iterator[str]:
    """Yield orders that came after the list was written and that the old system has sent meanwhile."""
    first = context.statuses.import_status
    in_file = {choice.key for choice in choices}
    for candidate in now.listed:
        if candidate.key in in_file or not candidate.present or candidate.order.status_id != first:
            continue
        yield (
            f"  order {candidate.order.order_id} is not in the list, and the warehouse has it as "
            f"{candidate.shown_reference}: the old system still sends. Stop it first. {_WRITE_AGAIN}"
        )


def _is_done(choice: CutoverChoice, known: CutoverOrder | None) -> bool:
    """Return whether an earlier cutover has carried this out."""
    if known is None:
        return False
    if choice.decision is CutoverDecision.KEEP:
        return known.left_to_old_system
    group = known.groups.get(choice.shipment_id)
    if choice.decision is CutoverDecision.ADOPT:
        return group is not None and group.adopted_as is not None
    return group is not None and group.sent


def _orders(
    context: StageContext, order_ids: Sequence[int], read: Mapping[int, SalesOrder]
) -> Iterator[SalesOrder]:
    """Yield the orders; those that have left the listed statuses are read by id, and the progress is logged."""
    gone = [order_id for order_id in order_ids if order_id not in read]
    for done, order_id in enumerate(gone):
        if done % _LOG_EVERY == 0:
            log.info(
                "lane %s: %d orders left the listed statuses; %d read", context.lane.name, len(gone), done
            )
        entry = context.store.get_order(order_id)
        order = translate_order(entry, context.lane.store.zone()) if entry is not None else None
        if isinstance(order, SalesOrder):
            yield order
        elif isinstance(order, Unreadable):
            log.warning("lane %s: order %d cannot be read: %s", context.lane.name, order_id, order.what)
    yield from (read[order_id] for order_id in order_ids if order_id in read)
