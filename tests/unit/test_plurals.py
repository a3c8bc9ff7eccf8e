"""Numbers with their word: one, none, many, and words that do not just get an s."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cartage.plurals import counted, word_for
from tests.dags.airflow_home import ROOT


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 orders"), (1, "1 order"), (2, "2 orders"), (1200, "1,200 orders")]
)
def test_a_number_has_its_word(number: int, said: str) -> None:
    assert counted(number, "order") == said


def test_other_plurals_and_verbs_are_named() -> None:
    assert counted(1, "file waits", "files wait") == "1 file waits"
    assert counted(3, "file waits", "files wait") == "3 files wait"
    assert (word_for(1, "is", "are"), word_for(0, "is", "are")) == ("is", "are")


def test_no_text_of_ours_says_order_s() -> None:
    """A plural in brackets is for forms, not for people."""
    sources = [*Path(ROOT / "include/cartage").rglob("*.py"), *Path(ROOT / "plugins").rglob("*.py")]
    sources += [*Path(ROOT / "plugins").rglob("*.html")]
    assert len(sources) > 300
    found = [f"{path}" for path in sources if re.search(r"[a-z]\((?:s|es)\)[^)\w]", path.read_text())]
    assert found == []
