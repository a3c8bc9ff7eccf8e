"""The cursor of a poll: a time that always can be read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from cartage.warehouses.mcf.polling import parse_cursor, write_cursor

MOMENT = datetime(2026, 3, 1, 12, 30, 15, tzinfo=UTC)


def test_a_cursor_is_read_as_it_was_written() -> None:
    assert parse_cursor(write_cursor(MOMENT)) == MOMENT
    east = MOMENT.astimezone(timezone(timedelta(hours=9)))
    assert parse_cursor(write_cursor(east)) == MOMENT


@pytest.mark.parametrize("cursor", ["", "x", "2026-03-01T12:00:00", "0001-01-01T00:00:00+00:00"])
def test_what_no_poll_can_have_written_begins_at_the_beginning(cursor: str) -> None:
    assert parse_cursor(cursor).year == 2007
