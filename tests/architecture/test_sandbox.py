"""The sandbox store has a test for every behaviour that the reference requires."""

from __future__ import annotations

import re

import pytest

from tests.architecture.imports import ROOT
from tests.architecture.sandbox_behaviours import LEFT_OUT, SECTION_12

SHOWN = ROOT / "tests/contract/sandbox/threedcart"


def test_every_group_of_the_section_is_on_the_page_or_listed_as_left_out() -> None:
    page = (ROOT / "docs/sandbox.md").read_text()
    assert [group for group in (*SECTION_12, *LEFT_OUT) if f"**{group}**" not in page] == []


@pytest.mark.parametrize("group", SECTION_12)
def test_every_behaviour_of_the_store_has_a_test_over_plain_http(group: str) -> None:
    written = {
        name for file in SHOWN.glob("test_*.py") for name in re.findall(r"def (test_\w+)", file.read_text())
    }
    missing = {item: set(tests) - written for item, tests in SECTION_12[group].items()}
    assert {item: names for item, names in missing.items() if names or not SECTION_12[group][item]} == {}


def test_no_test_of_the_sandbox_uses_the_engine() -> None:
    assert [
        file.name for file in SHOWN.glob("*.py") if re.search(r"(from|import) cartage\b", file.read_text())
    ] == []
