"""Questions to a person: answered by an option, the environment or the keyboard, asked again until they are right.

A secret comes from the environment or is typed blind; it is never a default, an option's value or part of a message.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import typer

from cartage.errors import CartageError, SettingsError

SUBJECT = "cartage init"
T = TypeVar("T")
# Empties an answer that is not required; Enter alone takes what is offered.
_NOTHING = "-"


@dataclass(frozen=True, slots=True)
class Prompt:
    """One question. `option` is where else the answer may come from: an option, or a variable for a secret."""

    option: str
    label: str
    help: str = ""
    secret: bool = False
    required: bool = True


@dataclass
class Asking:
    """Asks a person, or nobody: then every answer is given beforehand, has a default, or is missing."""

    interactive: bool = True
    _said: dict[str, str] = field(default_factory=dict, repr=False)
    _again: bool = False

    def text(self, question: Prompt, given: str | None = None, default: str = "") -> str:
        """The answer; empty only where it is not required.

        Raises:
            SettingsError: if nobody can be asked, and the answer is neither given nor has a default.
        """
        given = os.environ.get(question.option) if question.secret else given
        if given is not None and not self._again:
            return self._keep(question, given)
        if not self.interactive:
            if default or not question.required:
                return default
            raise SettingsError(
                SUBJECT, [f"  {question.option} is missing: {question.label}. {question.help}"]
            )
        # Of a form's many fields most were right: only what has no default of its own is offered again.
        return self._keep(question, self._prompt(question, default or self._said.get(question.option, "")))

    def until_right(self, ask: Callable[[], T]) -> T:
        """What `ask` returns, once it raises no error of the engine: a person is told why, and asked again.

        Raises:
            CartageError: the first error, if nobody can be asked.
        """
        try:
            while True:
                try:
                    return ask()
                except CartageError as error:
                    if not self.interactive:
                        raise
                    typer.echo(f"{error}\nPlease answer again ({_NOTHING} for nothing).\n", err=True)
                    self._again = True
        finally:
            self._again = False

    def _prompt(self, question: Prompt, default: str) -> str:
        if question.help and question.option not in self._said:
            typer.echo(question.help)
        offered = "" if question.secret else default
        while True:
            decision: str = typer.prompt(
                question.label, default=offered, show_default=bool(offered), hide_input=question.secret
            ).strip()
            if decision == _NOTHING and not question.required:
                return ""
            if decision or not question.required:
                return decision

    def _keep(self, question: Prompt, decision: str) -> str:
        self._said[question.option] = "" if question.secret else decision
        return decision


def pairs(texts: list[str], option: str) -> dict[str, str]:
    """`NAME=VALUE` texts of a repeated option.

    Raises:
        SettingsError: for a text without `=`.
    """
    wrong = [text for text in texts if "=" not in text]
    if wrong:
        raise SettingsError(SUBJECT, [f"  {option} {text!r}: write NAME=VALUE." for text in wrong])
    return {name.strip(): value.strip() for name, _, value in (text.partition("=") for text in texts)}
