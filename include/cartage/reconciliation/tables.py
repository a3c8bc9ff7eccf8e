"""Differences as rows: for JSON, CSV and XLSX. No text of a store or warehouse becomes a formula."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cartage.model.differences.kinds import MEANINGS
from cartage.spreadsheets import rows_to_csv, rows_to_xlsx

if TYPE_CHECKING:
    from cartage.reconciliation.reconcile import ReconciliationReport
    from cartage.reconciliation.repo.differences import Difference

DIFFERENCE_COLUMNS = (
    "id",
    "lane",
    "side",
    "kind",
    "what",
    "key",
    "order_id",
    "warehouse_number",
    "in_ledger",
    "on_side",
    "since",
    "last_seen",
    "owner",
    "fix",
    "fix_started",
    "ignored_by",
    "ignored_because",
)


def difference_row(difference: Difference) -> dict[str, str]:
    """Return a difference as a row of texts; times are in UTC."""
    return {
        "id": str(difference.id),
        "lane": difference.lane,
        "side": difference.side,
        "kind": difference.kind.value,
        "what": MEANINGS[difference.kind],
        "key": difference.key,
        "order_id": "" if difference.order_id is None else str(difference.order_id),
        "warehouse_number": difference.remote_id,
        "in_ledger": difference.ours,
        "on_side": difference.theirs,
        "since": _utc(difference.first_seen_at),
        "last_seen": _utc(difference.last_seen_at),
        "owner": difference.owner,
        "fix": difference.fix.value if difference.fix else "",
        "fix_started": _utc(difference.fix_started_at),
        "ignored_by": difference.ignored_by or "",
        "ignored_because": difference.ignore_reason or "",
    }


def differences_to_csv(differences: Iterable[Difference]) -> str:
    """Return differences as CSV."""
    return rows_to_csv(DIFFERENCE_COLUMNS, map(difference_row, differences))


def differences_to_xlsx(differences: Iterable[Difference]) -> bytes:
    """Return differences as a workbook."""
    return rows_to_xlsx(DIFFERENCE_COLUMNS, map(difference_row, differences), "Differences")


def report_document(report: ReconciliationReport) -> dict[str, Any]:
    """Return a report for JSON."""
    return {
        "lane": report.lane,
        "since": report.since.isoformat(),
        "counts": dict(report.counts),
        "not_compared": list(report.not_compared),
        "differences": [difference_row(each) for each in report.differences],
    }


def _utc(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if moment else ""
