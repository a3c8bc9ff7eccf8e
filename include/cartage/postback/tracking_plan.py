"""Plan what to write to the store for each shipped order, from ledger and store together. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from cartage.lanes.settings.post_back import FurtherPackages
from cartage.model.states import State
from cartage.model.statuses import PARTIAL, SHIPPED, StatusMap
from cartage.model.tracking_numbers import number_identity
from cartage.postback.further_plan import CommentWrite, FurtherWrite, comment_write, further_writes
from cartage.postback.repo.packages import PostedText
from cartage.postback.store_groups import StoreGroup, own_packages, store_groups
from cartage.postback.store_reads import StoreOrder
from cartage.postback.tracking_texts import foreign_texts, tracking_text

_GONE = (State.CANCELLED, State.SKIPPED)


@dataclass(frozen=True, slots=True)
class GroupWrite:
    """One write of a ship group's whole tracking field, for all parts of it: `part_ids` are their fulfillment orders.

    `status_id` is the store's own; None where the order's status must not move with the write. `withdrawn_ids` are
    packages whose numbers the field no longer holds.
    """

    fulfillment_order_id: int
    shipment_id: int
    tracking: str
    package_ids: tuple[int, ...]
    unfit_ids: tuple[int, ...]
    withdrawn_ids: tuple[int, ...]
    carrier_method: str | None
    shipped_at: datetime | None
    status_id: int | None
    there_already: bool
    part_ids: tuple[int, ...]

    def posted_text(self) -> PostedText:
        """Return what the store has once the write is done."""
        return PostedText(self.tracking, bool(self.withdrawn_ids), self.there_already)


@dataclass(frozen=True, slots=True)
class TrackingPlan:
    """What one sales order needs: its writes, the status that it is to reach, or the status of a person that stands.

    `target` is PARTIAL or SHIPPED, as the ledger keeps it; `person_status` is the store's own id. `further` and
    `comment` cover packages beyond the first, where the lane does not want them in the first one's field.
    `status_there` says that the store's order has the status of `target` already. `waits` says that nothing may be
    written yet: an earlier write has an unknown outcome, is not shown, and may still be carried out.
    """

    id: int
    order_id: int
    writes: tuple[GroupWrite, ...]
    target: int | None
    person_status: int | None
    further: tuple[FurtherWrite, ...] = ()
    comment: CommentWrite | None = None
    status_there: bool = False
    waits: bool = False


def plan_orders(
    rows: Iterable[Row[Any]],
    groups: Iterable[Row[Any]],
    store: Mapping[int, StoreOrder],
    statuses: StatusMap,
    mode: FurtherPackages = FurtherPackages.FIELD,
) -> list[TrackingPlan]:
    """Plan each claimed order from its fulfillment orders and from what the store says now.

    An order that is not in `store` must be gone: leave out those that could not be read.
    """
    by_order: dict[int, list[Row[Any]]] = {}
    for group in groups:
        by_order.setdefault(group.sales_order_id, []).append(group)
    return [_plan(row, by_order.get(row.id, []), store.get(row.order_id), statuses, mode) for row in rows]


def _plan(
    row: Row[Any],
    groups: Sequence[Row[Any]],
    store: StoreOrder | None,
    statuses: StatusMap,
    mode: FurtherPackages,
) -> TrackingPlan:
    if store is None:
        return TrackingPlan(row.id, row.order_id, (), None, 0)
    # A status that we wrote is no person's, also if the lane's settings have named others since.
    ours = store.status_id in row.own_statuses
    person = store.status_id if statuses.set_by_person(store.status_id) and not ours else None
    whole = store_groups(groups)
    several = {group.shipment_id: len(group.parts) for group in whole}
    live = [row for row in groups if row.state not in _GONE]
    wanted = wanted_status([shown_state(row, own_packages(row, several[row.shipment_id])) for row in live])
    wanted_id = statuses.of(wanted) if wanted is not None else None
    # An order that a person put back waits for a decision: it gets its tracking, and no status.
    put_back = row.put_back and store.status_id == statuses.import_status
    forward = wanted_id is not None and statuses.may_move(store.status_id, wanted_id)
    if statuses.set_by_person(store.status_id) and ours:
        forward = (wanted or 0) > (row.posted_status or 0)
    moves = forward and not put_back
    # A store that has the status already got it from a write whose response was lost, or from a person.
    target = wanted if moves or store.status_id == wanted_id else None
    # A shipment's status may move the whole order's: with several ship groups it is only sent with the last.
    with_write = wanted_id if moves and (len(live) == 1 or wanted == SHIPPED) else None
    split = {group.id: _Split.of(group, mode) for group in whole}
    own = {group.shipment_id for group in whole}
    writes = {group.id: _write(group, split[group.id], store, with_write) for group in whole}
    if any(group.under_way and _is_needed(writes[group.id]) for group in whole):
        return TrackingPlan(row.id, row.order_id, (), None, person, waits=True)
    further = (further_writes(group, split[group.id].beyond, store, own, mode) for group in whole)
    return TrackingPlan(
        row.id,
        row.order_id,
        tuple(write for write in writes.values() if write is not None),
        target,
        person,
        tuple(write for of_group in further for write in of_group),
        comment_write([(group, split[group.id].beyond) for group in whole], mode),
        status_there=store.status_id == wanted_id,
    )


def _is_needed(write: GroupWrite | None) -> bool:
    return write is not None and not write.there_already


def wanted_status(states: Sequence[str]) -> int | None:
    """Return Shipped when every live fulfillment order has shipped, Partial when any has in part, else None."""
    if states and all(state == State.SHIPPED for state in states):
        return SHIPPED
    some = any(state in (State.SHIPPED, State.PARTIALLY_SHIPPED) for state in states)
    return PARTIAL if some else None


def shown_state(row: Row[Any], packages: Sequence[dict[str, Any]]) -> str:
    """Return a fulfillment order's state for the store: packages that are held back have not shipped yet."""
    live = [package for package in packages if not package["voided"]]
    if row.state not in (State.SHIPPED, State.PARTIALLY_SHIPPED) or all(
        package["visible"] for package in live
    ):
        return str(row.state)
    shown = any(package["visible"] for package in live)
    return State.PARTIALLY_SHIPPED if shown else State.ACKNOWLEDGED


@dataclass(frozen=True, slots=True)
class _Split:
    """A group's packages for its own field and beyond it; `withdrawn` are voided ones that are still in the field."""

    field: Sequence[dict[str, Any]]
    beyond: Sequence[dict[str, Any]]
    withdrawn: Sequence[dict[str, Any]]

    @classmethod
    def of(cls, group: StoreGroup, mode: FurtherPackages) -> _Split:
        posted = [package for package in group.packages if package["visible"]]
        beyond = [package for package in posted if _is_elsewhere(package)]
        here = [package for package in posted if not _is_elsewhere(package)]
        field = [package for package in here if not package["voided"]]
        if mode is not FurtherPackages.FIELD:
            numbered = [package for package in field if package["tracking"]]
            # The first stays the first, whatever ships later; what the field holds already stays there.
            first = [package for package in numbered if package["posted"]] or numbered[:1]
            named = {number_identity(package["tracking"]) for package in first}
            first = [package for package in numbered if number_identity(package["tracking"]) in named]
            beyond += [package for package in numbered if package not in first]
            field = [package for package in field if package in first or not package["tracking"]]
        withdrawn = [package for package in here if package["voided"] and package["intended"]]
        return cls(field, beyond, withdrawn)


def _is_elsewhere(package: dict[str, Any]) -> bool:
    return package["store_shipment_id"] is not None or (
        package["posted_in"] not in (None, "field") and package["intended"]
    )


def _write(group: StoreGroup, split: _Split, store: StoreOrder, status: int | None) -> GroupWrite | None:
    packages, field = split.field, store.tracking.get(group.shipment_id, "")
    ours = [number for package in group.packages for number in (package["tracking"], *package["former"])]
    text = tracking_text([package["tracking"] for package in packages], foreign_texts(field, ours))
    # Packages without a number need no write; they count as posted with the order's status.
    named = [packages[position]["id"] for position in text.named]
    nameless = [package["id"] for package in packages if not package["tracking"]]
    unposted = {package["id"] for package in packages if not package["posted"]}
    if not unposted & {*named, *nameless} and not split.withdrawn:
        return None
    first = packages[text.named[0]] if text.named else next(iter(packages), None)
    stamps = [package["shipped_at"] for package in packages if package["shipped_at"]]
    return GroupWrite(
        fulfillment_order_id=group.id,
        shipment_id=group.shipment_id,
        tracking=text.text,
        package_ids=(*named, *nameless),
        unfit_ids=tuple(package["id"] for package in packages if package["id"] not in {*named, *nameless}),
        withdrawn_ids=tuple(package["id"] for package in split.withdrawn),
        # A package without a carrier says nothing of the ship method that the store has.
        carrier_method=(carrier_method(first) or None) if first else None,
        shipped_at=datetime.fromisoformat(max(stamps)) if stamps else None,
        status_id=status,
        there_already=field == text.text,
        part_ids=group.orders_of(package["id"] for package in [*packages, *split.withdrawn]),
    )


def carrier_method(package: Mapping[str, Any]) -> str:
    """Return carrier and service as the store's ship method; the client reduces it to what the store takes."""
    return " - ".join(part for part in (package["carrier"], package["service"]) if part)
