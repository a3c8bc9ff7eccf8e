"""The part of the queue that an address asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from fastapi import Depends, Query

from cartage.operations.attention.entries import AttentionKind, QueueFilter, QueueOrder
from cartage_airflow.desk.parameters import storable

_MOST_PAGES = 1_000
# What a form may send back, so that the page after an action is the page before it.
_KEPT = ("lane", "kind", "owner", "order", "snoozed", "page")


@dataclass(frozen=True, slots=True)
class WantedQueue:
    """A filter, an order and a page of the queue; `query` is the address that asks for it."""

    filter: QueueFilter
    order: QueueOrder
    page: int
    query: dict[str, str]

    def link(self, **changes: str) -> str:
        """Return the address of another part of the queue; an empty value is left out, and the page is the first."""
        query = {name: value for name, value in ({**self.query, "page": ""} | changes).items() if value}
        return f"attention?{urlencode(query)}" if query else "attention"

    @property
    def back(self) -> str:
        """This page's query, for its forms."""
        return urlencode(self.query)


def wanted_queue(
    lane: Annotated[str, Query(max_length=40)] = "",
    kind: Annotated[str, Query(max_length=20)] = "",
    owner: Annotated[str, Query(max_length=200)] = "",
    order: Annotated[str, Query(max_length=20)] = "",
    snoozed: Annotated[str, Query(max_length=1)] = "",
    page: Annotated[int, Query(ge=1, le=_MOST_PAGES)] = 1,
) -> WantedQueue:
    """Return what a query asks for; values that make no sense filter nothing. The owner `-` stands for nobody."""
    of_kind = AttentionKind(kind) if kind in list(AttentionKind) else None
    owned = storable(owner)
    sorted_by = QueueOrder(order) if order in list(QueueOrder) else QueueOrder.MOST
    query = {
        "lane": lane,
        "kind": of_kind or "",
        "owner": owned,
        "order": sorted_by if sorted_by is not QueueOrder.MOST else "",
        "snoozed": "1" if snoozed else "",
        "page": str(page) if page > 1 else "",
    }
    by_owner = None if not owned else "" if owned == "-" else owned
    return WantedQueue(
        QueueFilter(of_kind, by_owner, bool(snoozed)),
        sorted_by,
        page,
        {name: value for name, value in query.items() if value},
    )


Wanted = Annotated[WantedQueue, Depends(wanted_queue)]


def query_of(back: str) -> dict[str, str]:
    """Return what a form sent back of the page's query, without anything else."""
    return {name: value for name, value in parse_qsl(back[:1000]) if name in _KEPT}
