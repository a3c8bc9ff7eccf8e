"""The manual keeps up with the code: every cause has its line, every decision names a test that exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cartage.errors.problems import ProblemKind
from cartage.model.exceptions import Choice, ExceptionKind
from cartage.monitoring.checks.words import EXCEPTIONS
from cartage.monitoring.kinds import AlertKind, runbook

ROOT = Path(__file__).resolve().parents[2]
DECISIONS = sorted((ROOT / "docs/decisions").glob("*.md"))


@pytest.mark.parametrize("kind", list(ProblemKind))
def test_every_kind_of_cause_has_its_line(kind: ProblemKind) -> None:
    assert f"| `{kind.value}` |" in (ROOT / "docs/causes.md").read_text()


@pytest.mark.parametrize("word", [*ExceptionKind, *Choice])
def test_every_kind_of_exception_and_every_choice_has_its_line(word: str) -> None:
    assert f"| `{word}` |" in (ROOT / "docs/exceptions.md").read_text()


@pytest.mark.parametrize("kind", list(ExceptionKind))
def test_an_alert_has_words_for_many_questions_of_each_kind(kind: ExceptionKind) -> None:
    assert EXCEPTIONS[kind.value]


@pytest.mark.parametrize("kind", list(AlertKind))
def test_every_kind_of_alert_has_its_line_and_its_runbook(kind: AlertKind) -> None:
    assert f"| `{kind.value}` |" in (ROOT / "docs/alerts.md").read_text()
    page = (ROOT / "docs" / f"runbooks/{kind.value}.md").read_text()
    assert f"Alert `{kind.value}`" in page
    assert "## What to do" in page
    assert runbook(kind) == f"docs/runbooks/{kind.value}.md"


def test_every_runbook_is_of_an_alert() -> None:
    pages = [page for page in (ROOT / "docs/runbooks").glob("*.md") if "\nAlert `" in page.read_text()]
    assert {page.stem for page in pages} == {kind.value for kind in AlertKind}


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_every_decision_names_a_test_that_exists(page: Path) -> None:
    guards = re.findall(r"\*\*Guarded by\*\*(.*)", page.read_text(), flags=re.DOTALL)
    assert guards, f"{page.name} names no test"
    named = re.findall(r"`(tests/[^`]+)`", guards[0])
    assert named
    assert [name for name in named if not (ROOT / name.partition("::")[0]).is_file()] == []


def test_every_link_of_the_readme_leads_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / "README.md").read_text())
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_invariant_names_tests_that_exist() -> None:
    page = (ROOT / "docs/invariants.md").read_text()
    named = set(re.findall(r"`(test_\w+)`", page))
    written = {
        name
        for file in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)", file.read_text())
    }
    assert named
    assert named - written == set()
