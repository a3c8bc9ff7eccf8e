"""Which weekly reports were sent to whom."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert

from cartage.db.schema import report_delivery


def was_delivered(connection: Connection, recipient: str, until: date) -> bool:
    """Return whether the report up to this day was sent to this recipient."""
    row = report_delivery.c
    sent = select(row.recipient).where(row.recipient == recipient, row.until == until)
    return connection.execute(sent).first() is not None


def record_delivery(connection: Connection, recipient: str, until: date) -> None:
    """Record that the report up to this day was sent to this recipient."""
    statement = insert(report_delivery).values(recipient=recipient, until=until)
    again = {"sent_at": func.clock_timestamp()}
    connection.execute(statement.on_conflict_do_update(index_elements=["recipient", "until"], set_=again))
