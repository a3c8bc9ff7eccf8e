"""Ask for values: from an option, the environment or the keyboard, repeated until they are valid.

A secret comes from the environment or is typed without echo. It is never shown: not as a default, an option or part of
a message. What was typed is kept while a form is repeated, so that one wrong value costs no right ones.
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
# Clears a value that is not required. Enter alone accepts the default.
_NOTHING = "-"
# A prompt reads one line, and a private key has several.
_KEY = "-----BEGIN"
_ONE_LINE = (
    "only the first line was read. Leave it empty and give the key's file instead, or stop with Ctrl-C and set "
    '{option}="$(cat FILE)".'
)


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt. `option` names the option that can give the value, or the environment variable of a secret."""

    option: str
    label: str
    help: str = ""
    secret: bool = False
    required: bool = True


@dataclass
class Asking:
    """Asks a person; if not `interactive`, every value must be given or have a default."""

    interactive: bool = True
    _values: dict[str, str] = field(default_factory=dict, repr=False)
    _secrets: dict[str, str] = field(default_factory=dict, repr=False)
    _again: bool = False

    def text(self, prompt: Prompt, given: str | None = None, default: str = "") -> str:
        """Return the value; empty only if it is not required.

        Raises:
            SettingsError: if not interactive, and the value is neither given nor has a default.
        """
        given = os.environ.get(prompt.option) if prompt.secret else given
        # When a form is repeated, what was given may be wrong, unless it was not reached before.
        if given is not None and not (self._again and prompt.option in self._values):
            return self._keep(prompt, given)
        if not self.interactive:
            if default or not prompt.required:
                return default
            raise SettingsError(SUBJECT, [f"  {prompt.option} is missing: {prompt.label}. {prompt.help}"])
        # When a form is repeated, offer the previous values, except where the prompt has its own default.
        return self._keep(prompt, self._ask(prompt, default or self._values.get(prompt.option, "")))

    def until_right(self, ask: Callable[[], T]) -> T:
        """Return what `ask` returns, repeating it after each `CartageError`, which is shown to the person.

        Raises:
            CartageError: the first error, if not interactive.
        """
        before = self._again
        try:
            while True:
                try:
                    return ask()
                except CartageError as error:
                    if not self.interactive:
                        raise
                    typer.echo(
                        f"{error}\nPlease try again: Enter keeps a value, {_NOTHING} leaves it empty.\n",
                        err=True,
                    )
                    self._again = True
        finally:
            self._again = before

    def _ask(self, prompt: Prompt, default: str) -> str:
        if prompt.help and prompt.option not in self._values:
            typer.echo(prompt.help)
        offered = "" if prompt.secret else default
        kept = self._secrets.get(prompt.option, "") if prompt.secret else ""
        label = f"{prompt.label} [Enter keeps what you gave]" if kept else prompt.label
        while True:
            typed: str = typer.prompt(
                label, default=offered, show_default=bool(offered), hide_input=prompt.secret
            ).strip()
            if typed == _NOTHING and not prompt.required:
                return ""
            if typed.startswith(_KEY):
                typer.echo(f"{prompt.label}: {_ONE_LINE.format(option=prompt.option)}", err=True)
                continue
            if value := typed or kept:
                return value
            if not prompt.required:
                return ""
            typer.echo(f"{prompt.label} is needed. {prompt.help}".strip(), err=True)

    def _keep(self, prompt: Prompt, value: str) -> str:
        self._values[prompt.option] = "" if prompt.secret else value
        if prompt.secret:
            self._secrets[prompt.option] = value
        return value


def pairs(texts: list[str], option: str) -> dict[str, str]:
    """Return the `NAME=VALUE` values of a repeated option as a dict.

    Raises:
        SettingsError: for a text without `=`.
    """
    wrong = [text for text in texts if "=" not in text]
    if wrong:
        raise SettingsError(SUBJECT, [f"  {option} {text!r}: write NAME=VALUE." for text in wrong])
    return {name.strip(): value.strip() for name, _, value in (text.partition("=") for text in texts)}
