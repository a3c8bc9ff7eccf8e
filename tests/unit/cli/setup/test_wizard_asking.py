"""How the wizard asks: a form within a form, and a secret of several lines."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cartage.cli.setup.wizard.asking import Asking, Prompt
from cartage.errors import SettingsError

KEY = Prompt("CARTAGE_INIT_WAREHOUSE_PRIVATE_KEY", "Private key", secret=True, required=False)


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Let a person type these lines; return the labels of the prompts."""

    def type_lines(*lines: str) -> list[str]:
        asked: list[str] = []
        left = iter(lines)

        def prompt(label: str, *, default: str, **_: object) -> str:
            asked.append(label)
            return next(left) or default

        monkeypatch.setattr("typer.prompt", prompt)
        return asked

    return type_lines


def test_only_the_first_line_of_a_key_can_be_typed_and_the_wizard_says_so(
    typed: Callable[..., list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    asked = typed("-----BEGIN OPENSSH PRIVATE KEY-----", "")
    assert Asking().text(KEY) == ""
    assert asked == ["Private key", "Private key"]
    said = capsys.readouterr().err
    assert "only the first line was read" in said
    assert 'CARTAGE_INIT_WAREHOUSE_PRIVATE_KEY="$(cat FILE)"' in said


def test_a_wrong_value_of_an_inner_form_repeats_that_form_alone(typed: Callable[..., list[str]]) -> None:
    asked = typed("host", "blue", "red")
    asking = Asking()

    def inner() -> str:
        colour = asking.text(Prompt("--colour", "Colour"))
        if colour != "red":
            raise SettingsError("colour", ["  must be red"])
        return colour

    def outer() -> tuple[str, str]:
        return asking.text(Prompt("--host", "Host")), asking.until_right(inner)

    assert asking.until_right(outer) == ("host", "red")
    assert asked == ["Host", "Colour", "Colour"]


def test_after_an_inner_form_a_repeated_outer_form_still_asks(typed: Callable[..., list[str]]) -> None:
    """An inner form used to end the repetition of the outer one: what was given as an option was then not asked for."""
    asked = typed("right", "", "")
    asking, tries = Asking(), iter([False, True])

    def outer() -> tuple[str, str]:
        found = asking.until_right(lambda: asking.text(Prompt("--first", "First"), "given"))
        last = asking.text(Prompt("--last", "Last"), "wrong")
        if not next(tries):
            raise SettingsError("last", ["  is wrong"])
        return found, last

    asking.until_right(outer)
    assert asked == ["First", "Last"]
