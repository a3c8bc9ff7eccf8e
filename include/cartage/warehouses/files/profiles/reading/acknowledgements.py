"""What an acknowledgement says: which orders the warehouse accepted, and which it rejected. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from cartage.warehouses.documents import AcceptedOrder, RejectedOrder
from cartage.warehouses.files.profiles.reading.entries import FileEntry, TableReader, UnreadableField
from cartage.warehouses.files.profiles.reading.values import UnreadableCell
from cartage.warehouses.files.profiles.settings.inbound import AcknowledgementFiles, WithoutStatus
from cartage.warehouses.unreadable import RowKind, UnreadableRow


@dataclass(frozen=True, slots=True)
class ReadAcknowledgements:
    """What the rows of a file say about orders. An order that one row rejects is rejected."""

    accepted: tuple[AcceptedOrder, ...] = ()
    rejected: tuple[RejectedOrder, ...] = ()
    unreadable: tuple[UnreadableRow, ...] = ()


def read_acknowledgements(reader: TableReader, settings: AcknowledgementFiles) -> ReadAcknowledgements:
    """Return what a file says. A row that cannot be read concerns its order only."""
    accepted: dict[str, AcceptedOrder] = {}
    rejected: dict[str, RejectedOrder] = {}
    unreadable: list[UnreadableRow] = []
    for entry in reader.entries():
        if entry.wrong_count:
            unreadable.append(entry.miscounted(RowKind.ORDER))
            continue
        reference = ""
        try:
            reference = entry.key("reference", needed=True)
            remote_id = entry.key("remote_id")
            if _is_accepted(entry, settings, has_status="status" in reader.names):
                accepted.setdefault(reference, AcceptedOrder(reference, remote_id))
            else:
                rejected.setdefault(reference, RejectedOrder(reference, entry.text("reason"), remote_id))
        except UnreadableField as fault:
            unreadable.append(entry.unreadable(RowKind.ORDER, fault, reference))
    return ReadAcknowledgements(
        tuple(order for order in accepted.values() if order.reference not in rejected),
        tuple(rejected.values()),
        tuple(unreadable),
    )


def _is_accepted(entry: FileEntry, settings: AcknowledgementFiles, *, has_status: bool) -> bool:
    if not has_status:
        return settings.without_status is WithoutStatus.ACCEPTED
    status = entry.word("status")
    if status in {value.casefold() for value in settings.accepted}:
        return True
    if status in {value.casefold() for value in settings.rejected}:
        return False
    fix = "Add what it has to `accepted` or `rejected` in the profile."
    raise entry.fault("status", UnreadableCell("a status that the profile does not know", fix))
