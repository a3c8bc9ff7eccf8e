"""What a report is about, as statements read it: lanes, or one of a lane's several warehouses."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

PLACES = (
    "jsonb_to_recordset(CAST(:places AS jsonb)) AS l(lane text, warehouse text, since timestamptz, "
    "until timestamptz, today date)"
)
"""Rows of places. A place without a warehouse is a lane with all of its warehouses."""

Places = Sequence[Mapping[str, Any]]
"""Each with its `lane`, its `warehouse` or None, the instants of its period, and the `today` of its promise."""


def of_places(places: Places) -> dict[str, str]:
    """Return the parameter that `PLACES` reads."""
    return {"places": json.dumps(list(places), default=str)}
