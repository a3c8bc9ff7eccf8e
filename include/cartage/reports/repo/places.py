"""What a report is about, as statements read it: lanes, or one of a lane's several warehouses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

PLACES = (
    "jsonb_to_recordset(CAST(:places AS jsonb)) AS l(lane text, warehouse text, since timestamptz, "
    "until timestamptz, today date)"
)
"""Rows of places. A place without a warehouse is a lane with all of its warehouses."""


@dataclass(frozen=True)
class Places:
    """What a report is about.

    Attributes:
        rows: Each with its `lane`, its `warehouse` or None, the instants `since` and `until` of its period, and the
            `today` of its promise.
    """

    rows: tuple[Mapping[str, Any], ...]

    @cached_property
    def parameter(self) -> dict[str, str]:
        """The parameter that `PLACES` reads; a report has several statements for the same places."""
        return {"places": json.dumps(self.rows, default=str)}
