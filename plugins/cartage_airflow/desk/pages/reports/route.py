"""Reports of one lane or of all, drawn on the server, with each table as CSV and all of them as XLSX."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response, status
from fastapi.responses import HTMLResponse

from cartage.reports.charts import Chart
from cartage.reports.figures import Report
from cartage.reports.files import report_csv, tables_to_xlsx
from cartage.reports.histogram import Span
from cartage.reports.period import LENGTHS
from cartage.reports.pictures import causes_chart, promise_chart, step_name, throughput_chart, times_chart
from cartage.reports.tables import GROUPS, SPAN_NAMES, ReportTable, tables_of
from cartage_airflow.desk.access import CanSeeLanes
from cartage_airflow.desk.pages.reports.query import Reported, Wanted, WantedReport, warehouse_names
from cartage_airflow.desk.rendering import render

router = APIRouter()
# A chart is drawn for wide screens and for phones, and the stylesheet shows one of them: letters keep their size.
_WIDE, _NARROW = 720, 340
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("/reports", response_class=HTMLResponse)
def reports(request: Request, access: CanSeeLanes, wanted: Wanted, report: Reported) -> HTMLResponse:
    """Show the report of a period."""
    charts = {width: _charts(report, wanted.by, width) for width in (_WIDE, _NARROW)}
    return render(
        request,
        "reports/template.html",
        access=access,
        wanted=wanted,
        several=len(access.visible) > 1,
        warehouses=warehouse_names(access),
        report=report,
        lengths=LENGTHS,
        groups=GROUPS[1:],
        step=step_name(report),
        tables=_shown(report, wanted.by),
        spans=[(span.name.lower(), SPAN_NAMES[span], report.times_by(span, "all")) for span in Span],
        charts={name: (charts[_WIDE][name], charts[_NARROW][name]) for name in charts[_WIDE]},
    )


@router.get("/reports.csv")
def export_table(wanted: Wanted, report: Reported, table: Annotated[str, Query(max_length=20)]) -> Response:
    """Return one table as CSV. Times are in seconds, shares from 0 to 1."""
    found = {each.name: each for each in tables_of(report)}.get(table)
    if found is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such table.")
    return _download(report_csv(found), "text/csv; charset=utf-8", f"{_name(report, wanted)}-{table}.csv")


@router.get("/reports.xlsx")
def export_workbook(wanted: Wanted, report: Reported) -> Response:
    """Return all tables as a workbook. Times are in seconds, shares from 0 to 1."""
    return _download(tables_to_xlsx(tables_of(report)), _XLSX, f"{_name(report, wanted)}.xlsx")


def _shown(report: Report, by: str) -> dict[str, ReportTable]:
    """Return the tables as the page has room for them beside its charts; the files have all columns and rows."""
    tables = {table.name: table for table in tables_of(report)}
    return tables | {
        "throughput": tables["throughput"].without("kept").reverse(),
        "times": tables["times"].only("by", "all", by).without("by"),
        "causes": tables["causes"].without("kind", "subject"),
    }


def _charts(report: Report, by: str, width: int) -> dict[str, Chart]:
    charts = {"throughput": throughput_chart(report, width), "causes": causes_chart(report, width)}
    if report.promised:
        charts["promise"] = promise_chart(report, width)
    return charts | {span.name.lower(): times_chart(report, span, by, width) for span in Span}


def _name(report: Report, wanted: WantedReport) -> str:
    place = "-".join(filter(None, (wanted.lane, wanted.warehouse))) or "all"
    return f"report-{place}-{report.period.since}-{report.period.until}"


def _download(content: str | bytes, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers)
