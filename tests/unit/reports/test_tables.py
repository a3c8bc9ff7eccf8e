"""Cells of reports: as people read them, and as numbers for programs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from cartage.reports.counts import Counts
from cartage.reports.figures import GroupTimes, Report, WarehouseFigures
from cartage.reports.histogram import Span, Times
from cartage.reports.period import Period
from cartage.reports.tables import ReportTable, Share, TableCell, shown, tables_of, time_text

DAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "1 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3_569, "59 min"),
        (3_600, "1 h"),
        (12_000, "3 h 20 min"),
        (86_400, "1 d"),
        (187_200, "2 d 4 h"),
    ],
)
def test_times_have_two_units(seconds: int, words: str) -> None:
    assert time_text(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("cell", "words"), [(None, ""), (1234, "1,234"), (Share(0.987), "98.7%"), ("a", "a"), (DAY, "2026-03-02")]
)
def test_cells_are_words_for_people(cell: TableCell, words: str) -> None:
    assert shown(cell) == words


def report(*, promised: bool) -> Report:
    times = GroupTimes(Span.PLACED_TO_SENT, "all", "", Times(3, timedelta(minutes=5), timedelta(hours=1)))
    return Report(
        lanes=("east",),
        period=Period(DAY, DAY),
        as_of=None,
        promised=promised,
        days={DAY: Counts(placed=3, sent=3, shipped=2, due=4, kept=3)},
        by_lane={"east": Counts(placed=3, sent=3, shipped=2, due=4, kept=3)},
        times=(times,),
        causes=(),
        skus=(),
        exceptions=(),
    )


def test_programs_get_seconds_and_shares() -> None:
    tables = {table.name: table for table in tables_of(report(promised=True))}
    [times] = tables["times"].documents()
    assert (times["median_seconds"], times["p90_seconds"]) == (300, 3600)
    [day] = tables["throughput"].documents()
    assert (day["day"], day["due"], day["kept"], day["kept_share"]) == (DAY, 4, 3, 0.75)


def test_without_a_promise_no_table_speaks_of_one() -> None:
    names = {name for table in tables_of(report(promised=False)) for name in table.names}
    assert names
    assert not {"due", "kept", "kept_share"} & names


def test_warehouses_have_a_table_where_a_lane_has_several() -> None:
    plain = report(promised=True)
    assert "warehouses" not in {table.name for table in tables_of(plain)}
    figures = WarehouseFigures("east", "coast", Counts(placed=2, due=2, kept=1), 3)
    tables = {table.name: table for table in tables_of(replace(plain, warehouses=(figures,)))}
    [row] = tables["warehouses"].documents()
    assert (row["lane"], row["warehouse"], row["placed"], row["kept_share"], row["exceptions"]) == (
        "east", "coast", 2, 0.5, 3,
    )  # fmt: skip
    assert len(tables["warehouses"].rows[0]) == len(tables["warehouses"].columns)


def test_every_row_has_a_cell_for_each_column() -> None:
    for promised in (True, False):
        for table in tables_of(report(promised=promised)):
            assert all(len(row) == len(table.columns) for row in table.rows)


def test_a_table_may_be_shown_in_part() -> None:
    tables = {table.name: table for table in tables_of(report(promised=True))}
    assert tables["times"].without("by", "name").names == ("span", "orders", "median_seconds", "p90_seconds")
    assert tables["times"].only("by", "lane").rows == ()
    assert len(tables["times"].only("by", "lane", "all").rows) == 1
    assert tables["throughput"].first(0).rows == ()
    assert tables["times"].reverse().reverse() == tables["times"]


def test_identifiers_are_words_for_people_only() -> None:
    [column] = [column for column in tables_of(report(promised=True))[5].columns if column.name == "kind"]
    table = ReportTable("x", "X", (column,), (("put_back",),))
    assert (list(table.shown()), list(table.values())) == ([("put back",)], [("put_back",)])
