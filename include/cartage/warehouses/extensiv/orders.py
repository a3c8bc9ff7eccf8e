"""Read a customer's orders: by reference, by id, by last change. Writes nothing.

Every query is limited to the customer, and every row is checked again: a query alone is no guarantee. A row that cannot
be read stops no other; whether its faults matter depends on what it is read for.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import quote

from cartage.errors import MalformedResponse, NotFound, Refused
from cartage.errors.problems import quoted
from cartage.warehouses.api.rows import unreadable_row
from cartage.warehouses.contract import ItemPage, RemoteOrder, RemoteState
from cartage.warehouses.extensiv import changes, rql, translate, wire
from cartage.warehouses.extensiv.changes import ChangedOrder
from cartage.warehouses.extensiv.client import REMOTE, ExtensivClient
from cartage.warehouses.extensiv.settings import ExtensivSettings
from cartage.warehouses.extensiv.wire.stamps import naive_in, utc_time
from cartage.warehouses.lookups import ask_in_groups, find_each, log_refused
from cartage.warehouses.references import base_reference
from cartage.warehouses.unreadable import RowKind, UnreadableRow

log = logging.getLogger(__name__)

_PATH = "/orders"
_PAGE = 1000  # the API's largest page (warehouse-apis.md section 2, "Tracking")
_CONTENT = {"detail": "OrderItems,Packages,SmallParcel", "itemdetail": "None"}
_BARE = {"detail": "None", "itemdetail": "None"}
_EVERYTHING = {"detail": "All", "itemdetail": "None"}
_REFERENCE = "referenceNum"
_CHANGED = "readonly.lastModifiedDate"
_CLOSED = "readonly.isclosed"
# A stamp later than this after the response is none: it would hide every change until then.
_LATEST = timedelta(hours=36)
_STATE = ("readOnly.orderId", "readOnly.status", "readOnly.isClosed", "readOnly.customerIdentifier")
_LINE_LISTS = ("orderItems", "item", "items")
_LINES = (
    "_embedded",
    *(f"{lines}[].{field}" for lines in _LINE_LISTS for field in ("itemIdentifier", "qty")),
)
_PACKAGES = (
    *(f"{lines}[].readOnly" for lines in _LINE_LISTS),
    "packages",
    "package",
    "routingInfo.trackingNumber",
    "parcelResponse",
    "readOnly.packages",
    "readOnly.parcelResponse",
)
# What two addresses are compared by.
_PLACE = tuple(f"shipTo.{field}" for field in ("country", "zip", "city", "address1", "address2"))
# What must be readable of an order to say whether it is the one that was sent, and what has shipped of it.
FOUND = (*_STATE, "referenceNum", *_PLACE, *_LINES)
SHIPPED = (*_STATE, "referenceNum", *_LINES, *_PACKAGES)
NEEDED = {
    RemoteState.OPEN: _STATE,
    RemoteState.SHIPPED: SHIPPED,
    RemoteState.CANCELLED: (*_STATE, "referenceNum"),
}
# Each alternative adds its name to the URL. With these limits a query stays as short as a list of values.
_LONGEST_PREFIXES, _MOST_PREFIXES = 900, 20


class Orders:
    """The orders of one customer. Its only state is whether the account accepts alternatives in a query."""

    def __init__(self, client: ExtensivClient, settings: ExtensivSettings) -> None:
        self._client = client
        self._zone = settings.zone()
        self._customer = str(settings.customer_id)
        self._accepts_alternatives = True
        self._own = rql.equal("readonly.customeridentifier.id", settings.customer_id)

    def count(self) -> int | None:
        """Return how many orders the customer has, of any age, if the account says so."""
        page = self._client.page(_PATH, wire.Order, number=1, size=1, params={"rql": self._own, **_BARE})
        return page.total

    def find(self, reference: str) -> list[RemoteOrder]:
        """Return every order with this reference and its split children, in any state: one call.

        The search matches every reference that begins with it; other orders (`A_1_01` for `A_1_0`) are dropped
        here.

        Raises:
            Refused: if no query can have the reference, or the warehouse refuses it.
            MalformedResponse: if a row that may be such an order cannot be read.
        """
        if not _can_ask(reference):
            what = f"no query can have the reference {quoted(reference)}"
            raise Refused(REMOTE, f"GET {_PATH}", what, fix="Look for the order at the warehouse by hand.")
        return self._family(list(self._rows(rql.starts_with(_REFERENCE, reference), _CONTENT)), reference)

    def find_many(self, references: Collection[str]) -> Iterator[tuple[str, list[RemoteOrder]]]:
        """Yield the result of `find` for each reference, with several references a call.

        Alternatives in brackets are part of RQL (FIQL), but not of Extensiv's documentation (UNVERIFIED). If an
        account rejects them with a 400, each reference takes a call from then on. So do the references of a call with
        a row that may belong to any of them. A reference that no query can have is left out.
        """
        wanted = [reference for reference in dict.fromkeys(references) if _can_ask(reference)]
        for chunk in rql.chunks(wanted, longest=_LONGEST_PREFIXES, most=_MOST_PREFIXES):
            rows = self._search(chunk)
            yield from find_each(chunk, self.find if rows is None else partial(self._family, rows))

    def _search(self, references: Sequence[str]) -> list[wire.ReadRow[wire.Order]] | None:
        """Return the rows of many references with one call; None if each reference needs a call of its own."""
        if not self._accepts_alternatives:
            return None
        query = rql.either(*(rql.starts_with(_REFERENCE, reference) for reference in references))
        try:
            rows = list(self._rows(query, _CONTENT))
        except (Refused, NotFound) as refusal:
            if len(references) == 1 or refusal.status != 400:
                return None
            log.warning("Extensiv rejects alternatives (%s): each reference takes a call.", refusal.what)
            self._accepts_alternatives = False
            return None
        return None if any(map(_is_nameless, rows)) else rows

    def _family(self, rows: Sequence[wire.ReadRow[wire.Order]], reference: str) -> list[RemoteOrder]:
        """Return the orders among the rows with this reference, and its split children.

        Raises:
            MalformedResponse: if a row that is such an order, or may be, cannot be read.
        """
        found = []
        for row in rows:
            if _is_nameless(row):
                raise MalformedResponse(REMOTE, f"GET {_PATH}", "an order cannot be read: referenceNum")
            if _is_family(row.value.reference_num, reference):
                self.require(row, FOUND)
                found.append(self.remote(row.value))
        return found

    def get(self, remote_id: str) -> RemoteOrder:
        """Return an order with its packages and its ETag.

        Raises:
            NotFound: if there is none.
            MalformedResponse: if it cannot be read.
        """
        row, etag = self.read(remote_id)
        self.require(row, (*FOUND, *SHIPPED))
        return self.remote(row.value, etag)

    def state_and_etag(self, remote_id: str) -> tuple[RemoteState, str]:
        """Return the state of an order with its ETag, whatever else of it cannot be read. Raises as `get` does."""
        row, etag = self.read(remote_id)
        self.require(row, _STATE)
        return translate.state_of(row.value), etag

    def read(self, remote_id: str) -> tuple[wire.ReadRow[wire.Order], str]:
        """Return an order, as far as it can be read, with its ETag. Raises NotFound."""
        return self._client.read_row(f"{_PATH}/{quote(remote_id, safe='')}", wire.Order, _EVERYTHING)

    def changed(self, cursor: datetime | None, overlap: timedelta) -> Iterator[list[ChangedOrder]]:
        """Yield the orders changed since the cursor less the overlap (None: all), each once, oldest change first."""
        since = changes.first_stamp(cursor, overlap, self._zone) if cursor else None
        return changes.read_changes(self._changed_page, since)

    def closed_since(self, stamp: datetime | None) -> str:
        """Return how many closed orders changed after a naive stamp, and the first of them; empty for none: one call.

        An account that does not count its lists names the first one alone.
        """
        since = rql.greater(_CHANGED, stamp.isoformat()) if stamp else ""
        query = rql.every(since, rql.is_true(_CLOSED), self._own)
        params = {"rql": query, "sort": _CHANGED, **_BARE}
        page = self._client.page(_PATH, wire.Order, number=1, size=1, params=params)
        if not page.rows:
            return ""
        first = page.rows[0].value.read_only
        return f"{page.total or ''} {first.order_id} {first.last_modified_date or ''}".strip()

    def listed(self, since: datetime) -> Iterator[ItemPage[RemoteOrder]]:
        """Yield the orders changed since an instant, as far as they can be read."""
        start = changes.first_stamp(naive_in(since, self._zone), timedelta(0), self._zone)
        for changed in changes.read_changes(self._changed_page, start):
            found, unreadable = list[RemoteOrder](), list[UnreadableRow]()
            for row in (each.row for each in changed if self.is_own(each.row)):
                if faults := self.faults(row, (*FOUND, *SHIPPED)):
                    name = row.value.reference_num or row.value.read_only.order_id
                    unreadable.append(unreadable_row(RowKind.ORDER, row, faults, name))
                else:
                    found.append(self.remote(row.value))
            yield ItemPage(tuple(found), unreadable=tuple(unreadable))

    def outstanding(self, references: set[str]) -> set[str]:
        """Return which orders still have an open part, given the references that shipped.

        One call lists all open split children (our own references have no dash). Only if children shipped, a
        second one looks for what they were split from.
        """
        if not references:
            return set()
        parents = {base_reference(reference) for reference in references} - references
        # An order of another system may have a reference that no query can have; ours never do.
        askable = sorted(filter(rql.can_ask, parents))
        rows = [
            *self._open_rows(rql.contains(_REFERENCE, "-")),
            *(
                row
                for chunk in rql.chunks(askable)
                for row in ask_in_groups(
                    chunk, lambda asked: self._open_rows(rql.any_of(_REFERENCE, asked)), log_refused
                )
            ),
        ]
        return {
            base_reference(row.value.reference_num)
            for row in rows
            # The query asks for what is not closed: a row whose own state cannot be read is open for all that is known.
            if row.faults_in(_STATE) or translate.state_of(row.value) is RemoteState.OPEN
        }

    def _open_rows(self, query: str) -> Iterator[wire.ReadRow[wire.Order]]:
        return self._rows(rql.every(query, rql.is_false(_CLOSED)), _BARE)

    def remote(self, order: wire.Order, etag: str = "") -> RemoteOrder:
        """Return an order in the form of the contract."""
        return translate.remote_order(order, self._zone, etag=etag)

    def faults(self, row: wire.ReadRow[wire.Order], needed: Collection[str]) -> tuple[str, ...]:
        """Return the places of what is needed of an order and cannot be read, or is not there."""
        read = row.value.read_only
        absent = {
            "readOnly.orderId": not read.order_id,
            "readOnly.status": read.status is None and read.is_closed is None,
        }
        return row.faults_in(needed) or tuple(place for place, is_absent in absent.items() if is_absent)

    def require(self, row: wire.ReadRow[wire.Order], needed: Collection[str]) -> None:
        """Raise MalformedResponse if something that is needed of an order cannot be read."""
        if found := self.faults(row, needed):
            name = f" {row.value.read_only.order_id}".rstrip()
            raise MalformedResponse(REMOTE, f"GET {_PATH}", f"order{name} cannot be read: {', '.join(found)}")

    def _rows(self, query: str, detail: dict[str, str]) -> Iterator[wire.ReadRow[wire.Order]]:
        params = {"rql": rql.every(query, self._own), **detail}
        for page in self._client.pages(_PATH, wire.Order, size=_PAGE, params=params):
            yield from (row for row in page.rows if self._is_own(row.value))

    def _changed_page(self, start: datetime | None, number: int) -> tuple[Sequence[ChangedOrder], int | None]:
        since = rql.at_least(_CHANGED, start.isoformat()) if start else ""
        params = {"rql": rql.every(since, self._own), "sort": _CHANGED, **_CONTENT}
        page = self._client.page(_PATH, wire.Order, number=number, size=_PAGE, params=params)
        rows = changes.believed([self._changed(row, page.made_at) for row in page.rows])
        if rows is None:
            what = "orders are not sorted by their last change"
            raise self._client.malformed(f"GET {_PATH}", what, safe=True)
        return rows, page.total

    def _changed(self, row: wire.ReadRow[wire.Order], made_at: datetime | None) -> ChangedOrder:
        stamp = row.value.read_only.last_modified_date
        instant = utc_time(stamp, self._zone)
        if stamp is None or instant is None or (made_at and instant > made_at + _LATEST):
            return ChangedOrder(self._with_hash(row), None)
        return ChangedOrder(self._with_hash(row), naive_in(stamp, self._zone))

    @staticmethod
    def _with_hash(row: wire.ReadRow[wire.Order]) -> wire.ReadRow[wire.Order]:
        """Give a row without a number a hash by which it is distinguished from the others."""
        if row.content_hash or row.value.read_only.order_id:
            return row
        return replace(row, content_hash=wire.content_hash(row.value.model_dump(mode="json")))

    def is_own(self, row: wire.ReadRow[wire.Order]) -> bool:
        """Return whether an order is the customer's, for all that its row says."""
        return self._is_own(row.value)

    def _is_own(self, order: wire.Order) -> bool:
        customer = order.read_only.customer_identifier
        return customer is None or customer.id in {"", self._customer}


def _can_ask(reference: str) -> bool:
    return rql.can_ask(reference, longest=_LONGEST_PREFIXES)


def _is_nameless(row: wire.ReadRow[wire.Order]) -> bool:
    """Return whether an order that was found by its reference does not say which reference it has."""
    return not row.value.reference_num


def _is_family(candidate: str, reference: str) -> bool:
    """Return whether `candidate` is this reference or one of its split children. SQL Server ignores letter case."""
    folded, wanted = candidate.casefold(), reference.casefold()
    return folded == wanted or folded.startswith(f"{wanted}-")
