"""Check a lane's stock: a push that the breaker paused and that waits for approval."""

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
    """Return the paused push that waits for a decision, if there is one. Pausing again is news."""
    paused = paused_pushes.paused_push_of(connection, lane.name)
    if paused is None or not paused.waits:
        return []
    facts: dict[str, str | int] = {
        "why": ", ".join(paused.reasons),
        "compared": paused.compared,
        "would go to 0": paused.zeroed,
        "would swing": paused.swung,
        "since": f"{paused.opened_at:%F %T} UTC",
    }
    return [
        paused_push_finding(
            lane.name, facts, links=links, mark=int(paused.revised_at.timestamp() * 1_000_000)
        )
    ]


def paused_push_finding(
    lane: str, facts: dict[str, str | int], *, links: Links = NO_LINKS, mark: int = 0
) -> AlertFinding:
    """Return the alert for a paused push. The task that pauses it and the watchdog both raise it."""
    page = links.stock(lane)
    return AlertFinding(
        kind=AlertKind.PUSH_PAUSED,
        key="push",
        stage="update_stock",
        title="A stock push is paused: a person must approve it",
        meaning="The store keeps its current stock figures; orders are not affected. Nothing is pushed until a person "
        "approves it, or the warehouse's figures are plausible again.",
        fix="See what would change on the desk's Stock page, or with "
        f"`cartage stock show --lane {lane}`. If it is right, run `cartage stock approve --lane {lane} --by NAME`; "
        "if not, run `cartage stock refuse`, and fix it at the warehouse.",
        links=({"Stock page": page} if page else {}) | ({"Log": links.log} if links.log else {}),
        facts=facts,
        mark=mark,
    )
