"""Rows for tests, written in raw SQL, so that tests do not rest on the product's own inserts."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from sqlalchemy import Connection, text

# The columns that a state requires.
REQUIRED: dict[str, dict[str, Any]] = {
    "blocked": {"cause_ids": [7]},
    "held": {"held_until": datetime(2030, 1, 1, tzinfo=UTC), "reason": "on hold"},
    "ready": {"request": "{}"},
    "sending": {"request": "{}", "lease_owner": "run/1", "lease_until": datetime(2030, 1, 1, tzinfo=UTC)},
    "acknowledged": {"remote_id": "900"},
    "partially_shipped": {"remote_id": "900"},
    "shipped": {"remote_id": "900"},
    "skipped": {"reason": "not paid"},
    "rejected": {"reason": "refused"},
    "conflict": {"reason": "both have it"},
}


@dataclass
class Rows:
    """Inserts rows, with defaults for columns that a test does not set, and returns their ids."""

    connection: Connection
    numbers: count[int] = field(default_factory=lambda: count(1))

    def add(self, table: str, **columns: Any) -> int:
        names = ", ".join(columns)
        values = ", ".join(f":{name}" for name in columns)
        statement = text(f"INSERT INTO {table} ({names}) VALUES ({values}) RETURNING *")
        return int(self.connection.execute(statement, columns).one()[0])

    def store(self, code: str = "A3K", url: str = "one.example.com") -> int:
        found = self.connection.execute(
            text("SELECT id FROM store WHERE code = :code"), {"code": code}
        ).scalar_one_or_none()
        return found or self.add("store", code=code, secure_url=url)

    def sales_order(self, **columns: Any) -> int:
        defaults = {
            "store_id": columns.get("store_id") or self.store(),
            "order_id": next(self.numbers),
            "lane": "east",
            "invoice": "AB-1",
            "status_id": 1,
            "read_at": datetime(2026, 3, 1, tzinfo=UTC),
            "content_hash": "h",
            "amount": 10,
            "document": "{}",
        }
        return self.add("sales_order", **(defaults | columns))

    def order(self, state: str = "imported", **columns: Any) -> int:
        """Insert a fulfillment order in this state, with the columns that the state requires."""
        number = next(self.numbers)
        defaults = {
            "sales_order_id": columns.get("sales_order_id") or self.sales_order(),
            "store_id": columns.get("store_id") or self.store(),
            "order_id": number,
            "shipment_id": 0,
            "lane": "east",
            "reference": f"A3K_{number}_0",
            "state": state,
            "ship_method": "Ground",
            "ship_to": json.dumps({"name": "Ann"}),
        }
        return self.add("fulfillment_order", **(defaults | REQUIRED.get(state, {}) | columns))

    def one(self, query: str, **parameters: Any) -> Any:
        return self.connection.execute(text(query), parameters).one()
