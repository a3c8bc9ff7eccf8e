"""What a person reads about a paused push: why, the largest changes first; foreign text stays text."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from cartage.inventory.repo.paused_pushes import PausedPush, Suspect
from cartage.model.stock import Reason
from cartage_airflow.required_actions.form import ActionForm
from cartage_airflow.required_actions.push_form import PUSH_CHOICES, push_form

AT = datetime(2026, 11, 24, 22, 10, tzinfo=UTC)


def shown(*suspects: Suspect, reasons: tuple[Reason, ...] = (Reason.ZEROED,)) -> ActionForm:
    paused = PausedPush(
        id=3, lane="demo", reasons=reasons, compared=40, zeroed=12, swung=0, suspects=suspects, run_id="r",
        opened_at=AT, revised_at=AT, revision=1, decision=None, decided_by=None, decided_at=None, closed_at=None,
        close_reason="",
    )  # fmt: skip
    return push_form(paused, lane="demo", desk="/cartage/stock?lane=demo")


def suspect(number: int, before: int, sku: str = "") -> Suspect:
    return Suspect(number, "", sku or f"MUG-{number}", Decimal(before), 0)


def test_the_form_shows_why_then_the_largest_changes_and_how_many_more() -> None:
    found = shown(*(suspect(number, before=10 + number) for number in range(12)))
    assert found.subject == "stock of lane demo is not pushed: 12 of 40 stocks would go to 0"
    assert found.body.index("MUG-11") < found.body.index("MUG-10") < found.body.index("MUG-2 ")
    assert "` MUG-11 `: 21 in the store, would be 0" in found.body
    assert "MUG-1 " not in found.body
    assert "and 2 more" in found.body
    assert "(/cartage/stock?lane=demo)" in found.body
    assert found.choices == PUSH_CHOICES


def test_an_empty_response_has_no_list() -> None:
    found = shown(reasons=(Reason.EMPTY, Reason.STALE))
    assert found.body.startswith("**The warehouse's response names no SKU; the warehouse's figures are old")
    assert "in the store" not in found.body


def test_a_sku_is_only_text() -> None:
    found = shown(suspect(1, 9, sku="`](http://evil.example) **x**"))
    assert "`` `](http://evil.example) **x** ``" in found.body
