"""Read a customer's orders: by reference, by id, by last change. Writes nothing.

Every query is limited to the customer, and every row is checked again: a query alone is no guarantee.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

from cartage.errors import MalformedResponse, Refused
from cartage.warehouses.contract import RemoteOrder, RemoteState, base_reference
from cartage.warehouses.extensiv import changes, rql, translate, wire
from cartage.warehouses.extensiv.client import REMOTE, ExtensivClient
from cartage.warehouses.extensiv.settings import ExtensivSettings

log = logging.getLogger(__name__)

_PATH = "/orders"
_PAGE = 1000  # the API's largest page (warehouse-apis.md section 2, "Tracking")
_CONTENT = {"detail": "OrderItems,Packages,SmallParcel", "itemdetail": "None"}
_BARE = {"detail": "None", "itemdetail": "None"}
_EVERYTHING = {"detail": "All", "itemdetail": "None"}
_REFERENCE = "referenceNum"
_CHANGED = "readonly.lastModifiedDate"
_CLOSED = "readonly.isclosed"
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

    def count(self) -> int:
        """Return how many orders the customer has, of any age."""
        _, total = self._client.page(_PATH, wire.Order, number=1, size=1, params={"rql": self._own, **_BARE})
        return total

    def find(self, reference: str) -> list[RemoteOrder]:
        """Return every order with this reference and its split children, in any state: one call.

        The search matches every reference that begins with it; other orders (`A_1_01` for `A_1_0`) are dropped
        here.
        """
        rows = self._rows(rql.starts_with(_REFERENCE, reference), _CONTENT)
        return [self.remote(row) for row in rows if _is_family(row.reference_num, reference)]

    def find_many(self, references: Collection[str]) -> Iterator[tuple[str, list[RemoteOrder]]]:
        """Yield the result of `find` for each reference, with several references a call.

        Alternatives in brackets are part of RQL (FIQL), but not of Extensiv's documentation (UNVERIFIED). If an
        account rejects them with a 400, each reference takes a call from then on.
        """
        wanted = list(dict.fromkeys(references))
        for chunk in rql.chunks(wanted, longest=_LONGEST_PREFIXES, most=_MOST_PREFIXES):
            rows = self._search(chunk)
            for reference in chunk:
                if rows is None:
                    yield reference, self.find(reference)
                else:
                    found = [row for row in rows if _is_family(row.reference_num, reference)]
                    yield reference, [self.remote(row) for row in found]

    def _search(self, references: Sequence[str]) -> list[wire.Order] | None:
        """Return the rows of many references with one call; None if the account does not accept that."""
        if not self._accepts_alternatives:
            return None
        query = rql.either(*(rql.starts_with(_REFERENCE, reference) for reference in references))
        try:
            return list(self._rows(query, _CONTENT))
        except Refused as refusal:
            if refusal.status != 400 or len(references) == 1:
                raise
            log.warning("Extensiv rejects alternatives (%s): each reference takes a call.", refusal.what)
            self._accepts_alternatives = False
            return None

    def get(self, remote_id: str) -> RemoteOrder:
        """Return an order with its packages and its ETag. Raises NotFound."""
        order, etag = self._client.read(f"{_PATH}/{remote_id}", wire.Order, _EVERYTHING)
        return self.remote(order, etag)

    def changed(self, cursor: datetime | None, overlap: timedelta) -> Iterator[list[wire.Order]]:
        """Yield the orders changed since the cursor less the overlap (None: all), each once, oldest change first."""
        since = changes.first_stamp(cursor, overlap, self._zone) if cursor else None
        return changes.read_changes(self._changed_page, since)

    def outstanding(self, references: set[str]) -> set[str]:
        """Return which orders still have an open part, given the references that shipped.

        One call lists all open split children (our own references have no dash). Only if children shipped, a
        second one looks for what they were split from.
        """
        if not references:
            return set()
        parents = sorted({base_reference(reference) for reference in references} - references)
        queries = [
            rql.contains(_REFERENCE, "-"),
            *(rql.any_of(_REFERENCE, chunk) for chunk in rql.chunks(parents)),
        ]
        return {
            base_reference(row.reference_num)
            for query in queries
            for row in self._rows(rql.every(query, rql.is_false(_CLOSED)), _BARE)
            if self.state(row) is RemoteState.OPEN
        }

    def remote(self, order: wire.Order, etag: str = "") -> RemoteOrder:
        """Return an order in the form of the contract. Raises MalformedResponse for an unknown status."""
        self.state(order)
        return translate.remote_order(order, self._zone, etag=etag)

    def state(self, order: wire.Order) -> RemoteState:
        """Return the state of an order. Raises MalformedResponse for an unknown status."""
        try:
            return translate.state_of(order)
        except translate.UnknownStatus as error:
            raise MalformedResponse(REMOTE, f"GET {_PATH}", str(error)) from error

    def _rows(self, query: str, detail: dict[str, str]) -> Iterator[wire.Order]:
        params = {"rql": rql.every(query, self._own), **detail}
        for page in self._client.pages(_PATH, wire.Order, size=_PAGE, params=params):
            yield from filter(self._is_own, page)

    def _changed_page(self, start: datetime | None, number: int) -> tuple[list[wire.Order], int]:
        since = rql.at_least(_CHANGED, start.isoformat()) if start else ""
        params = {"rql": rql.every(since, self._own), "sort": _CHANGED, **_CONTENT}
        rows, total = self._client.page(_PATH, wire.Order, number=number, size=_PAGE, params=params)
        stamps = [row.read_only.last_modified_date for row in rows]
        dated = [stamp for stamp in stamps if stamp]
        if len(dated) < len(stamps) or dated != sorted(dated):
            what = "orders are not sorted by their last change"
            raise self._client.malformed(f"GET {_PATH}", what, safe=True)
        if not all(map(self._is_own, rows)):
            raise self._client.malformed(f"GET {_PATH}", "orders of another customer are listed", safe=True)
        return rows, total

    def _is_own(self, order: wire.Order) -> bool:
        customer = order.read_only.customer_identifier
        return customer is None or customer.id in {"", self._customer}


def _is_family(candidate: str, reference: str) -> bool:
    """Return whether `candidate` is this reference or a split child's. SQL Server ignores letter case."""
    folded, wanted = candidate.casefold(), reference.casefold()
    return folded == wanted or folded.startswith(f"{wanted}-")
