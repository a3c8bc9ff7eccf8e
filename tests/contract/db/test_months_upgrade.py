"""A ledger whose reports had days alone is migrated: long reports have the same figures as before."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from alembic import command
from sqlalchemy import NullPool, create_engine, text

from cartage.db.migrate import config, migrate_ledger
from cartage.lanes.settings.lane import Lane
from cartage.reports.figures import read_report
from cartage.reports.period import Period
from cartage_sandbox.stack.postgres import EmbeddedPostgres

LANE = Lane.model_validate(
    {
        "name": "east",
        "store": {"connection": "store", "time_zone": "UTC", "go_live": "2020-01-01"},
        "warehouse": {"connector": "extensiv", "connection": "warehouse"},
    }
)
DAYS = [date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 28), date(2026, 3, 1)]


def test_the_days_of_earlier_months_are_there_after_the_migration(postgres: EmbeddedPostgres) -> None:
    url = postgres.create_database("days_alone")
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        command.upgrade(config(connection), "0002")
        for number, day in enumerate(DAYS, 1):
            values = {"day": day, "placed": number, "shipped": 10 * number}
            connection.execute(
                text(
                    "INSERT INTO report_day (lane, day, placed, sent, shipped, posted, cancelled_before, "
                    "cancelled_after, due, kept, partly, split, times) VALUES "
                    "('east', :day, :placed, 0, :shipped, 0, 0, 0, 0, 0, 0, 0, int8send(CAST(:placed AS bigint)))"
                ),
                values,
            )
    migrate_ledger(url)
    period = Period(DAYS[0] - timedelta(days=30), DAYS[-1] + timedelta(days=1))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM report_month")).scalar_one() == 3
        found = read_report(connection, [LANE], period, datetime(2026, 3, 5, tzinfo=UTC))
    assert {day: (counts.placed, counts.shipped) for day, counts in found.days.items() if counts.placed} == {
        day: (number, 10 * number) for number, day in enumerate(DAYS, 1)
    }
    assert found.by_lane["east"] == found.total
    assert sum(times.times.orders for times in found.times if times.by == "all") == sum(range(1, 5))
    postgres.drop_database("days_alone")
