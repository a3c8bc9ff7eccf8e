"""The manual of the preflight keeps up with its code."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from cartage.preflight import SECTION_NAMES
from cartage.preflight.findings import FindingKind

MANUAL = (Path(__file__).resolve().parents[2] / "docs/preflight.md").read_text()


@pytest.mark.parametrize("kind", list(FindingKind))
def test_every_kind_of_finding_has_its_line(kind: FindingKind) -> None:
    assert f"| `{kind.value}` |" in MANUAL


@pytest.mark.parametrize("section", SECTION_NAMES)
def test_every_section_has_its_line_and_a_title_that_a_sheet_can_have(section: str) -> None:
    assert f"| `{section}` |" in MANUAL
    title = import_module(f"cartage.preflight.sections.{section}").TITLE
    assert 0 < len(title) <= 31
    assert not set(title) & set("[]:*?/\\")
