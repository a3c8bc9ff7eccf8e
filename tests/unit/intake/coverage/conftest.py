from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cartage.lanes.settings.lane import Lane

MakeLane = Callable[..., Lane]


@pytest.fixture
def make_lane() -> MakeLane:
    """A lane with these schedules; it went live on 1 October 2026, New York time."""

    def make(**schedules: Any) -> Lane:
        return Lane.model_validate(
            {
                "name": "demo",
                "store": {
                    "connection": "threedcart_demo",
                    "time_zone": "America/New_York",
                    "go_live": "2026-10-01",
                },
                "warehouse": {"connector": "extensiv", "connection": "extensiv_demo"},
                "schedules": schedules,
            }
        )

    return make
