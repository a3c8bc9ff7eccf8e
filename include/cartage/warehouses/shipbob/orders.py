"""Read the orders of a channel: by reference, by id, by last change. Writes nothing.

Every query names the channel, and every row is checked again: a query alone is no guarantee. A row that cannot be read
stops no other; whether its faults matter depends on what it is read for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from urllib.parse import quote

from cartage.errors import MalformedResponse, NotFound, Refused
from cartage.errors.problems import quoted
from cartage.warehouses.api.rows import ReadRow, content_hash, unreadable_row
from cartage.warehouses.contract import ItemPage, RemoteOrder
from cartage.warehouses.lookups import ask_in_groups, find_each
from cartage.warehouses.shipbob import translate, wire
from cartage.warehouses.shipbob.client import REMOTE, RowsPage, ShipBobClient
from cartage.warehouses.shipbob.products import Composition
from cartage.warehouses.shipbob.settings import ShipBobSettings
from cartage.warehouses.shipbob.validation import can_ask
from cartage.warehouses.unreadable import RowKind, UnreadableRow

PATH = "/order"
PAGE_SIZE = 250  # the largest that the OpenAPI description allows
# With these limits the query of many references or ids stays as short as IIS accepts.
_LONGEST_QUERY, _MOST_ASKED = 1500, 50
_STATE = ("id", "status", "shipments[].id", "shipments[].status", "shipments")
_LINES = ("products",)
_PLACE = tuple(
    f"recipient.address.{field}" for field in ("country", "zip_code", "city", "address1", "address2")
)
_CONTENT = ("shipments[].tracking", "shipments[].products")
# What must be readable of an order to say whether it is the one that was sent, and what has shipped of it.
FOUND = (*_STATE, "reference_id", "recipient.address", *_PLACE, *_LINES)
SHIPPED = (*_STATE, "reference_id", *_LINES, *_CONTENT)
OPEN = _STATE
CANCELLED = (*_STATE, "reference_id")

OrderRow = ReadRow[wire.Order]


@dataclass(frozen=True, slots=True)
class ChangedPage:
    """A page of a poll, without rows that an earlier page of it had. `through` is set on the last page.

    Nothing that changed before `through` is missing; None if nothing says so.
    """

    rows: tuple[OrderRow, ...]
    is_last: bool
    through: datetime | None = None


class Orders:
    """The orders of one channel."""

    def __init__(self, client: ShipBobClient, settings: ShipBobSettings) -> None:
        self._client = client
        self._seen = None if settings.all_channels else settings.channel_id

    def find(self, reference: str) -> list[RemoteOrder]:
        """Return the orders of the channel with this reference, in any state: one call.

        Raises:
            Refused: if no search can have the reference, or ShipBob refuses it.
            MalformedResponse: if a row that may be such an order cannot be read.
        """
        if not can_ask(reference):
            what = f"no search can have the reference {quoted(reference)}"
            raise Refused(REMOTE, f"GET {PATH}", what, fix="Look for the order at ShipBob by hand.")
        return self._named(self._asked({"ReferenceIds": reference}), reference)

    def find_many(self, references: Collection[str]) -> Iterator[tuple[str, list[RemoteOrder]]]:
        """Yield the result of `find` for each reference, with many references a call.

        A reference that no search can have is left out, and so is one of which an order cannot be read.
        """
        for chunk in _chunks([reference for reference in dict.fromkeys(references) if can_ask(reference)]):
            try:
                rows = self._asked({"ReferenceIds": ",".join(chunk)})
            except (Refused, NotFound):
                yield from find_each(chunk, self.find)
                continue
            nameless = any(not row.value.reference_id for row in rows)
            yield from find_each(chunk, self.find if nameless else partial(self._named, rows))

    def in_other_channels(self, reference: str) -> bool:
        """Return whether the account has the reference in another channel. UNVERIFIED: that a token sees those."""
        pages = self._pages({"ReferenceIds": reference}, channel=None)
        rows = (row for page in pages for row in page.rows)
        return any(_is_named(row, reference) and not self.is_own(row) for row in rows)

    def get(self, remote_id: str) -> OrderRow:
        """Return an order.

        Raises:
            NotFound: if there is none, or it is another channel's.
        """
        row = self._client.read(f"{PATH}/{quote(remote_id, safe='')}", wire.Order, channel=self._seen)
        if not self.is_own(row):
            raise NotFound(REMOTE, f"GET {PATH}", f"order {quoted(remote_id)} is in another channel")
        return row

    def with_ids(self, remote_ids: Collection[str]) -> Iterator[OrderRow]:
        """Yield these orders, as far as they are there."""
        for chunk in _chunks([each for each in dict.fromkeys(remote_ids) if each.isdecimal()]):
            wanted = set(chunk)
            rows = ask_in_groups(
                chunk, lambda asked: self._asked({"IDs": ",".join(asked)}), _ignore, group=_MOST_ASKED
            )
            yield from (row for row in rows if row.value.id in wanted)

    def changed(self, since: datetime | None) -> Iterator[ChangedPage]:
        """Yield the orders that changed at or after `since` (None: all), each once.

        The list is filtered by the last change. What it is sorted by is UNVERIFIED: a row that changes meanwhile may
        move to its end, so that the row behind it is skipped. After more than one page, the list is therefore read
        again until there is nothing new in it. What changes later than the first response belongs to the next poll.
        """
        query = _changed_since(since)
        seen: set[str] = set()
        through: datetime | None = None
        for pass_number in range(1, 1000):
            news = False
            for number, page in enumerate(self._pages(query), start=1):
                through = through or page.made_at
                rows = tuple(row for row in page.rows if self.is_own(row) and _key(row) not in seen)
                seen.update(map(_key, rows))
                news = news or bool(rows)
                only = pass_number == 1 and number == 1 and page.is_last
                if rows:
                    yield ChangedPage(rows, only, through if only else None)
                if only:
                    return
            if not news:
                break
        yield ChangedPage((), True, through)

    def first_changed(self, since: datetime | None) -> list[OrderRow]:
        """Return the first page of the orders that changed at or after `since`: one call."""
        page = next(self._pages(_changed_since(since)))
        return [row for row in page.rows if self.is_own(row)]

    def listed(self, since: datetime) -> Iterator[ItemPage[RemoteOrder]]:
        """Yield the orders changed since an instant, as far as they can be read."""
        for page in self.changed(since.astimezone(UTC)):
            found, unreadable = list[RemoteOrder](), list[UnreadableRow]()
            for row in page.rows:
                if faulty := self.faults(row, (*FOUND, *SHIPPED)):
                    name = row.value.reference_id or row.value.id
                    unreadable.append(unreadable_row(RowKind.ORDER, row, faulty, name))
                else:
                    found.append(self.remote(row))
            if found or unreadable:
                yield ItemPage(tuple(found), unreadable=tuple(unreadable))

    def is_own(self, row: OrderRow) -> bool:
        """Return whether an order is of a channel that the lane sees, for all that its row says."""
        return self._seen is None or row.value.channel.id in {"", str(self._seen)}

    @staticmethod
    def faults(row: OrderRow, needed: Collection[str]) -> tuple[str, ...]:
        """Return the places of what is needed of an order and cannot be read, or is not there."""
        order = row.value
        absent = {"id": not order.id, "status": order.status is None and not order.shipments}
        return row.faults_in(needed) or tuple(place for place, is_absent in absent.items() if is_absent)

    def require(self, row: OrderRow, needed: Collection[str]) -> None:
        """Raise MalformedResponse if something that is needed of an order cannot be read."""
        if found := self.faults(row, needed):
            name = f" {row.value.id}".rstrip()
            raise MalformedResponse(REMOTE, f"GET {PATH}", f"order{name} cannot be read: {', '.join(found)}")

    def remote(self, row: OrderRow, compositions: dict[str, Composition] | None = None) -> RemoteOrder:
        """Return an order in the form of the contract."""
        return translate.remote_order(row.value, compositions)

    def _named(self, rows: Sequence[OrderRow], reference: str) -> list[RemoteOrder]:
        """Return the orders among the rows with this reference.

        Raises:
            MalformedResponse: if a row that is such an order, or may be, cannot be read.
        """
        found = []
        for row in rows:
            if not row.value.reference_id:
                raise MalformedResponse(REMOTE, f"GET {PATH}", "an order cannot be read: reference_id")
            if _is_named(row, reference):
                self.require(row, FOUND)
                found.append(self.remote(row))
        return found

    def _asked(self, query: dict[str, str]) -> list[OrderRow]:
        return [row for page in self._pages(query) for row in page.rows if self.is_own(row)]

    def _pages(self, query: dict[str, str], channel: int | None = -1) -> Iterator[RowsPage[wire.Order]]:
        own = self._seen if channel == -1 else channel
        return self._client.numbered_pages(PATH, wire.Order, size=PAGE_SIZE, params=query, channel=own)


def _changed_since(since: datetime | None) -> dict[str, str]:
    query = {"SortOrder": "Oldest"}
    if since is not None:
        query["LastUpdateStartDate"] = since.isoformat().replace("+00:00", "Z")
    return query


def _is_named(row: OrderRow, reference: str) -> bool:
    """Return whether an order has this reference. UNVERIFIED: whether letter case counts; here it does not."""
    return row.value.reference_id.casefold() == reference.casefold()


def _key(row: OrderRow) -> str:
    """Return what distinguishes a row from all others."""
    return row.value.id or row.content_hash or content_hash(row.value.model_dump(mode="json"))


def _chunks(values: Sequence[str]) -> Iterator[list[str]]:
    """Yield the values in groups that each fit into one query."""
    chunk: list[str] = []
    length = 0
    for value in values:
        size = len(quote(value, safe="")) + 3
        if chunk and (length + size > _LONGEST_QUERY or len(chunk) >= _MOST_ASKED):
            yield chunk
            chunk, length = [], 0
        chunk.append(value)
        length += size
    if chunk:
        yield chunk


def _ignore(asked: Sequence[str], refusal: Refused | NotFound) -> None:
    """Leave out what ShipBob refuses to be asked for: it is read again by the next poll."""
