"""The findings about several warehouses of a lane as one list. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from cartage.preflight.findings import FindingKind, PreflightFinding


def of_all_places(found: Mapping[str, Sequence[PreflightFinding]]) -> Iterator[PreflightFinding]:
    """Yield the findings about each warehouse, with its name.

    A SKU that a warehouse does not know is one that another may ship: it is a finding only if no warehouse knows it.
    """
    lacking = [{_of(finding) for finding in findings if _is_lacking(finding)} for findings in found.values()]
    nowhere = set.intersection(*lacking) if lacking else set()
    named: set[str] = set()
    for name, findings in found.items():
        for finding in findings:
            if not _is_lacking(finding):
                yield replace(finding, subject=f"{name}: {finding.subject}")
            elif _of(finding) in nowhere - named:
                named.add(_of(finding))
                yield finding


def _is_lacking(finding: PreflightFinding) -> bool:
    return finding.kind is FindingKind.UNKNOWN_TO_WAREHOUSE


def _of(finding: PreflightFinding) -> str:
    return finding.subject
