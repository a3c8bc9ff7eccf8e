"""What is wrong with a lane's stock now: a push that the breaker stopped, and that nobody has answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection

from cartage.inventory.repo import paused_pushes
from cartage.monitoring.kinds import AlertKind
from cartage.monitoring.repo.alerts import AlertFinding
from cartage.runtime.links import NO_LINKS, Links

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane

STOCK_KINDS = (AlertKind.PUSH_PAUSED,)


def stock_findings(connection: Connection, lane: Lane, links: Links) -> list[AlertFinding]:
    """The stop that waits for a person, if there is one; asked anew it is news."""
    stop = paused_pushes.paused_push_of(connection, lane.name)
    if stop is None or not stop.waits:
        return []
    facts: dict[str, str | int] = {
        "why": ", ".join(stop.reasons),
        "compared": stop.compared,
        "would go to 0": stop.zeroed,
        "would swing": stop.swung,
        "since": f"{stop.opened_at:%F %T} UTC",
    }
    return [stopped(lane.name, facts, links=links, mark=int(stop.asked_at.timestamp() * 1_000_000))]


def stopped(
    lane: str, facts: dict[str, str | int], *, links: Links = NO_LINKS, mark: int = 0
) -> AlertFinding:
    """The alert of a stopped push, by whoever finds it first: the task that stopped, or the watchdog."""
    page = links.stock(lane)
    return AlertFinding(
        kind=AlertKind.PUSH_PAUSED,
        key="push",
        stage="update_stock",
        title="A push of stock was stopped: a person has to look at it first",
        meaning="The store keeps the figures that it has; orders are not touched. Nothing is pushed until a person "
        "answers, or the figures are beyond doubt again.",
        fix="See what would change, and answer, on the desk's Stock page; or with "
        f"`cartage stock show --lane {lane}`. If it is right: `cartage stock approve --lane {lane} --by NAME`; "
        "if not: `cartage stock refuse`, and mend it at the warehouse.",
        links=({"Stock page": page} if page else {}) | ({"Log": links.log} if links.log else {}),
        facts=facts,
        mark=mark,
    )
