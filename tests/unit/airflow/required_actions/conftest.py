"""A required action as the ledger has it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from cartage.errors.problems import ProblemKind
from cartage.operations.repo.required_actions import RequiredAction

MakeAction = Callable[..., RequiredAction]


@pytest.fixture
def make_action() -> MakeAction:
    """Return a function that makes a pending required action about an unmapped ship method; arguments change it."""

    def make(**changes: Any) -> RequiredAction:
        values: dict[str, Any] = {
            "id": 7,
            "cause_id": 3,
            "opening": 2,
            "started_at": None,
            "seen_at": None,
            "offers": None,
            "decision": None,
            "decided_by": None,
            "outcome": None,
            "orders": 0,
            "fingerprint": "unmapped_ship_method-0123456789ab",
            "kind": ProblemKind.UNMAPPED_SHIP_METHOD,
            "subject": "Grnd",
            "message": "ship method 'Grnd' has no mapping",
            "fix": "Map 'Grnd' to the warehouse's carrier and service.",
            "suggestions": [{"carrier": "UPS", "service": "Ground", "score": 92.0}],
            "opened_at": datetime(2026, 11, 24, 22, 10, tzinfo=UTC),
            "is_over": False,
        }
        return RequiredAction(**{**values, **changes})

    return make
