"""The sandbox store has a test for every behaviour that the reference requires."""

from __future__ import annotations

import re

import pytest

from cartage_sandbox.extensiv import EXTENSIV_RULES
from cartage_sandbox.manual import with_rules
from cartage_sandbox.threedcart import RULES
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


def test_the_page_has_every_rule_as_it_is() -> None:
    page = (ROOT / "docs/sandbox.md").read_text(encoding="utf-8")
    assert page == with_rules(page), "run: python -m cartage_sandbox.manual docs/sandbox.md"
    rules = [rule.name for rule in (*RULES, *EXTENSIV_RULES)]
    assert len(rules) > 100
    assert [name for name in rules if f"| `{name}` |" not in page] == []


def test_no_list_of_rules_is_missing_on_the_page() -> None:
    folders = {file.parent.name for file in (ROOT / "include/cartage_sandbox").glob("*/rules.py")} - {
        "kernel"
    }
    assert folders == {"threedcart", "extensiv", "files", "mcf", "shipbob"}, (
        "give a new emulator's rules a table in cartage_sandbox.manual"
    )


def test_a_page_without_markers_for_the_rules_is_not_overwritten() -> None:
    with pytest.raises(ValueError, match="needs a line"):
        with_rules("# Sandbox\n")


def test_no_test_of_the_sandbox_uses_the_engine() -> None:
    assert [
        file.name for file in SHOWN.glob("*.py") if re.search(r"(from|import) cartage\b", file.read_text())
    ] == []
