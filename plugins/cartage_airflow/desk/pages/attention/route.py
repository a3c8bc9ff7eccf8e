"""The page of what needs a person: one queue over all lanes, with the form that fixes each entry in place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from cartage.db.engine import database_time
from cartage.inventory.breaker import why_paused
from cartage.lanes.account import accounts_of
from cartage.lanes.settings.lane import Lane
from cartage.lanes.settings.mappings import MappingSource
from cartage.lifecycle.exceptions import OrderException, decided_exceptions
from cartage.model.exceptions import MEANINGS
from cartage.model.orders import ShipMethod
from cartage.operations.attention.entries import AttentionKind, Entry, queue_page
from cartage.operations.attention.repo import MOST_ENTRIES, read_entries
from cartage.operations.attention.views import SHOWN, Detail, details_of
from cartage.operations.bulk_actions import BulkAction
from cartage.operations.routing_choices import MEANINGS as MEANING_OF
from cartage.warehouses.repo.offers import offered_ship_methods
from cartage_airflow.desk.access import CanSeeLanes, LaneAccess
from cartage_airflow.desk.ledger import reading
from cartage_airflow.desk.mapping_forms import FIXED_BY, METHOD, SEPARATOR
from cartage_airflow.desk.pages.attention import words
from cartage_airflow.desk.pages.attention.links import fix_link, order_links, outside_links
from cartage_airflow.desk.pages.attention.query import Wanted, WantedQueue
from cartage_airflow.desk.pages.attention.snooze import CHOICES
from cartage_airflow.desk.pages.files.route import MEANINGS as FILE_MEANINGS
from cartage_airflow.desk.rendering import render
from cartage_airflow.desk.versions import visible_versions

router = APIRouter()
_PAGE = 25
_MOST_PENDING = 20
_ROUTING_CHOICES = {action: MEANING_OF[action.choice] for action in BulkAction if action.choice is not None}


@router.get("/attention", response_class=HTMLResponse)
def attention(
    request: Request,
    access: CanSeeLanes,
    wanted: Wanted,
    done: Annotated[str, Query(max_length=20)] = "",
    count: Annotated[int, Query(ge=0, le=10_000)] = 0,
) -> HTMLResponse:
    """Show one page of the queue. `done` and `count` say what the form before has done."""
    lanes = {lane.name: lane for lane in access.lanes}
    with reading() as connection:
        now = database_time(connection)
        entries = read_entries(connection, access.names)
        queue = queue_page(
            entries, now, wanted.filter, wanted.order, first=(wanted.page - 1) * _PAGE, size=_PAGE
        )
        details = details_of(connection, queue.entries)
        pending = _pending(connection, access.names) if _shows_pending(wanted) else []
        offered = {lane: _offered(connection, lanes[lane]) for lane in _mapping_lanes(details)}
    accesses = access.of_lanes(entry.lane for entry in queue.entries)
    return render(
        request,
        "attention/template.html",
        access=access,
        at=now,
        pending=pending,
        wanted=wanted,
        queue=queue,
        shown=[
            _Shown(entry, details[entry], accesses[entry.lane])
            for entry in queue.entries
            if not details[entry].is_gone
        ],
        more=wanted.page * _PAGE < queue.total,
        all_read=len(entries) < MOST_ENTRIES,
        offered=offered,
        kinds=words.KINDS,
        badges=words.BADGES,
        fixed_by=FIXED_BY,
        separator=SEPARATOR,
        meanings=MEANINGS,
        routing_choices=_ROUTING_CHOICES,
        file_meanings=FILE_MEANINGS,
        snoozes=CHOICES,
        most_shown=SHOWN,
        done=done,
        count=count,
        fix_link=fix_link,
        order_links=order_links,
        outside_links=outside_links,
        why_paused=why_paused,
    )


def _shows_pending(wanted: WantedQueue) -> bool:
    """Return whether a page also shows what was decided and not carried out yet: the first one, of exceptions."""
    asked = wanted.filter
    return wanted.page == 1 and not asked.snoozed and asked.kind in (None, AttentionKind.EXCEPTION)


class _Shown:
    """An entry as the template shows it to this user."""

    def __init__(self, entry: Entry, detail: Detail, access: LaneAccess) -> None:
        self.entry, self.detail, self.access = entry, detail, access
        self.title = words.title_of(entry, detail)
        self.extent = words.extent_of(entry, detail)
        self.zone = self.access.lane.store.zone()
        self.in_ledger = self.access.lane.mappings is MappingSource.LEDGER
        self.exceptions = [(found, visible_versions(found, self.access)) for found in detail.exceptions]


def _mapping_lanes(details: Mapping[Entry, Detail]) -> set[str]:
    """Return the lanes of causes that the mapping of a ship method fixes."""
    return {
        entry.lane
        for entry, detail in details.items()
        if entry.kind is AttentionKind.CAUSE and detail.cause and FIXED_BY.get(detail.cause.kind) == METHOD
    }


def _offered(connection: Connection, lane: Lane) -> list[ShipMethod]:
    """Return what any of a lane's warehouses offers, each once."""
    found = [offered_ship_methods(connection, account) or [] for account in accounts_of(lane).values()]
    return list(dict.fromkeys(method for own in found for method in own))


def _pending(connection: Connection, lanes: Sequence[str]) -> list[OrderException]:
    return decided_exceptions(connection, *lanes, most=_MOST_PENDING, versions=False)
