"""Resolve a lane's order statuses: from the ids and labels in its settings to the store's ids. Makes no call.

A label that is missing, hidden or there twice is a mistake in the settings. Nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from cartage.errors import SettingsError
from cartage.lanes.settings.store import NEVER_READY
from cartage.model.statuses import StatusMap
from cartage.model.texts import comparable

if TYPE_CHECKING:
    from cartage.lanes.settings.inventory import Inventory
    from cartage.lanes.settings.lane import Lane
    from cartage.storefront.catalogue import OrderStatus

SETTINGS = ("import_status", "processing_status", "partial_status", "shipped_status")


def needs_table(lane: Lane, others: Iterable[Lane] = ()) -> bool:
    """Return whether a status of the lane, or the import status of a lane on the same store, is a label."""
    own = [getattr(lane.store, name) for name in SETTINGS]
    return any(isinstance(ref, str) for ref in [*own, *(other.store.import_status for other in others)])


def resolve_statuses(lane: Lane, table: Sequence[OrderStatus] = (), others: Iterable[Lane] = ()) -> StatusMap:
    """Return the lane's statuses as the store's ids. `table` is the store's list; only labels need it.

    `others` are the other lanes on the same store. Their import statuses must differ from this lane's.

    Raises:
        SettingsError: names each setting that does not resolve to a status of its own, and the fix.
    """
    ids: dict[str, int] = {}
    mistakes: list[str] = []
    for name in SETTINGS:
        found = find_status(getattr(lane.store, name), table)
        if isinstance(found, int):
            ids[name] = found
        else:
            mistakes.append(_line(lane, name, found))
    mistakes += _never_ready(lane, ids) + _repeated(lane, ids) + _shared(lane, ids, table, others)
    if mistakes:
        raise SettingsError(f"the order statuses of lane {lane.name!r}", mistakes)
    labels = {status.id: status.label for status in table if status.label}
    import_status, processing, partial, shipped = (ids[name] for name in SETTINGS)
    return StatusMap(import_status, processing, partial, shipped, labels)


def open_needs_table(inventory: Inventory) -> bool:
    """Return whether `inventory.open_statuses` contains a label."""
    return any(isinstance(status, str) for status in inventory.open_statuses)


def resolve_open(lane: Lane, inventory: Inventory, table: Sequence[OrderStatus] = ()) -> tuple[int, ...]:
    """Return the statuses of `inventory.open_statuses` as the store's ids, without repeats.

    Raises:
        SettingsError: names each label that does not resolve to one status, and the fix.
    """
    found = [find_status(status, table) for status in inventory.open_statuses]
    if mistakes := [mistake for mistake in found if isinstance(mistake, str)]:
        place = f"  lanes.{lane.name}.inventory.open_statuses"
        raise SettingsError(
            f"the order statuses of lane {lane.name!r}", [f"{place}: {what}" for what in mistakes]
        )
    return tuple(dict.fromkeys(status_id for status_id in found if isinstance(status_id, int)))


def find_status(ref: int | str, table: Sequence[OrderStatus]) -> int | str:
    """Return the id of the status with this id or label, or a text that says what is wrong and how to fix it.

    Labels are compared exactly first, then as `comparable` names.
    """
    if isinstance(ref, int):
        return ref
    wanted = comparable(ref, name=True)
    same = [status for status in table if status.label == ref]
    same = same or [status for status in table if comparable(status.label, name=True) == wanted]
    visible = [status.id for status in same if status.visible]
    if len(visible) == 1:
        return visible[0]
    if visible:
        ids = " and ".join(map(str, visible))
        return f"the store has the label {ref!r} on {ids}. Rename one of them in 3dcart, or use the id."
    if same:
        return (
            f"the status labelled {ref!r} (id {same[0].id}) is hidden in the store. "
            "Make it visible in 3dcart (Settings > General > Order Status), or use another label or id."
        )
    return (
        f"the store has no order status labelled {ref!r}. "
        f"Use one of its labels or ids: {statuses_listed(table)}."
    )


def statuses_listed(table: Iterable[OrderStatus]) -> str:
    """List the store's visible statuses for a person to choose from: `1 "New", 8 "Ready to ship"`."""
    shown = [f'{status.id} "{status.label or status.definition}"' for status in table if status.visible]
    return ", ".join(shown) or "it lists none"


def _never_ready(lane: Lane, ids: dict[str, int]) -> list[str]:
    """Refuse a label that resolves to a status whose orders are not ready. The settings refuse such ids already."""
    found = ids.get("import_status")
    if found not in NEVER_READY:
        return []
    what = f"{lane.store.import_status!r} is status {found}, {NEVER_READY[found]}: such orders are not ready to ship"
    return [_line(lane, "import_status", f"{what}. Use another label or id; 1 is New.")]


def _repeated(lane: Lane, ids: dict[str, int]) -> list[str]:
    seen: dict[int, str] = {}
    lines = []
    for name, found in ids.items():
        if found in seen:
            what = f"is status {found}, and so is {seen[found]}. Give each of the four a status of its own."
            lines.append(_line(lane, name, what))
        seen.setdefault(found, name)
    return lines


def _shared(
    lane: Lane, ids: dict[str, int], table: Sequence[OrderStatus], others: Iterable[Lane]
) -> list[str]:
    """Refuse an import status that another lane on the store has too. Report no other mistake of that lane."""
    ours = ids.get("import_status")
    same = [other for other in others if find_status(other.store.import_status, table) == ours]
    what = "is status {} of the store, which lane {!r} imports too. Give each lane an import status of its own: {}."
    why = "an order must belong to one lane"
    return [_line(lane, "import_status", what.format(ours, other.name, why)) for other in same]


def _line(lane: Lane, name: str, what: str) -> str:
    return f"  lanes.{lane.name}.store.{name}: {what}"
