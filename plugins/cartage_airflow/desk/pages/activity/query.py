"""The part of the activity that an address asks for."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Depends, Query

from cartage.operations.activity.moments import NoMoment, moment_of
from cartage.operations.activity.repo import Place, Wanted
from cartage_airflow.desk.access import CanSeeLanes, LanesAccess
from cartage_airflow.desk.parameters import storable

# What a stage did is looked for in so much time, unless a person says since when.
_OF_STAGE = timedelta(days=1)
_EVER = datetime(2000, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class WantedActivity:
    """What is asked for, and how to ask for more. `mistakes` are times that nobody understands, by field."""

    wanted: Wanted
    before: Place | None
    query: dict[str, str]
    mistakes: dict[str, str] = field(default_factory=dict)
    only_last_day: bool = False

    def link(self, page: str = "activity", **changes: str) -> str:
        """Return the address of other activity, from its newest on; an empty value is left out."""
        query = {name: value for name, value in (self.query | changes).items() if value}
        return f"{page}?{urlencode(query)}" if query else page

    def after(self, last: Place) -> str:
        """Return the address of the page after this place."""
        return self.link(before=f"{last.at.isoformat()}/{last.source}/{last.id}")


def wanted_activity(
    access: CanSeeLanes,
    since: Annotated[str, Query(max_length=60)] = "",
    until: Annotated[str, Query(max_length=60)] = "",
    stage: Annotated[str, Query(max_length=60)] = "",
    person: Annotated[str, Query(max_length=200)] = "",
    order: Annotated[str, Query(max_length=200)] = "",
    people: Annotated[str, Query(max_length=1)] = "",
    before: Annotated[str, Query(max_length=100)] = "",
) -> WantedActivity:
    """Return what a query asks for; days and times of day are each store's own."""
    now = datetime.now(UTC)
    mistakes: dict[str, str] = {}
    only_last_day = bool(stage and not since.strip())
    first = now - _OF_STAGE if only_last_day else _EVER
    lanes = [
        (
            lane.name,
            _moment("since", since, now, lane.store.zone(), mistakes) or first,
            _moment("until", until, now, lane.store.zone(), mistakes) or now + _AHEAD,
        )
        for lane in access.lanes
    ]
    given = {"since": since, "until": until, "stage": stage, "person": person, "order": order}
    given = {name: storable(value).strip() for name, value in given.items()} | {
        "people": "1" if people else ""
    }
    wanted = Wanted(lanes, given["stage"], bool(people), given["person"], given["order"])
    query = {"lane": access.chosen.name} if access.chosen else {}
    query |= {name: value for name, value in given.items() if value}
    return WantedActivity(wanted, _place(before), query, mistakes, only_last_day)


WantedPart = Annotated[WantedActivity, Depends(wanted_activity)]


def one_zone(access: LanesAccess) -> str:
    """Return the time zone of all stores of a page; empty if they have several."""
    zones = {lane.store.time_zone for lane in access.lanes}
    return zones.pop() if len(zones) == 1 else ""


def _moment(name: str, text: str, now: datetime, zone: ZoneInfo, mistakes: dict[str, str]) -> datetime | None:
    try:
        return moment_of(text, now, zone)
    except NoMoment:
        mistakes[name] = text
        return None


def _place(text: str) -> Place | None:
    """Return where the page before ended; a text that makes no sense is the beginning."""
    at, _, rest = text.partition("/")
    source, _, number = rest.partition("/")
    try:
        moment, place = datetime.fromisoformat(at), (int(source), int(number))
    except ValueError:
        return None
    if moment.tzinfo is None or not (0 <= place[0] < 100 and 0 <= place[1] < 2**63):
        return None
    return Place(moment, *place)
