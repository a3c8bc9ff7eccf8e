"""The plan of the demo: what its lanes are set to, and when its orders are placed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import pytest

from cartage_sandbox.demo.plan import files_lane, first_order, go_live
from cartage_sandbox.stack.file_shop import FileShop

# Noon in New York, the stores' time zone.
NOON = datetime(2026, 11, 20, 17, tzinfo=UTC)


class _Shop:
    """What `files_lane` asks of a shop, without its servers."""

    store_connection = "files_store"

    def lane_warehouse(self, **settings: Any) -> dict[str, Any]:
        """Return the warehouse's section of a lane."""
        return {"connector": "files", "connection": "files_warehouse", "settings": settings}


def test_the_lane_of_files_sends_what_nobody_has_sent_before_without_asking() -> None:
    warehouse = files_lane(cast("FileShop", _Shop()), NOON)["warehouse"]
    assert warehouse["when_absent"] == "send"
    assert warehouse["settings"]["known_skus"] == "inventory"


@pytest.mark.parametrize(
    ("hour", "minute", "day", "hours"),
    [
        (12, 0, date(2026, 11, 20), 6.0),
        (3, 0, date(2026, 11, 20), 3.0),
        (0, 10, date(2026, 11, 19), 6.0),
    ],
)
def test_the_lanes_go_live_today_and_no_order_is_older(
    hour: int, minute: int, day: date, hours: float
) -> None:
    now = NOON + timedelta(hours=hour - 12, minutes=minute)
    assert go_live(now) == day
    assert now - first_order(now) == timedelta(hours=hours)
