"""The form of a required action as Airflow shows it: subject, text in Markdown, choices. Pure.

Text from a store or a warehouse is put into code spans, so that it stays text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_LONGEST_SUBJECT = 200
_TICKS = re.compile("`+")


@dataclass(frozen=True, slots=True)
class ActionChoices:
    """What a person may choose. `mappings` fills one field; with `about_orders` there is a reason and days to hold."""

    options: tuple[str, ...]
    mappings: tuple[str, ...] = ()
    about_orders: bool = True


@dataclass(frozen=True, slots=True)
class ActionForm:
    """What a person reads and may choose."""

    subject: str
    body: str
    choices: ActionChoices


def subject_of(text: str) -> str:
    """Return a subject in one line, short enough for Airflow to show."""
    subject = plain_words(text)
    return subject if len(subject) <= _LONGEST_SUBJECT else f"{subject[: _LONGEST_SUBJECT - 3]}..."


def plain_words(text: str) -> str:
    """Return the text in one line, without characters that do not print."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def code_span(text: str) -> str:
    """Return the text as a code span, in which no Markdown, HTML or link is active (CommonMark 0.31, section 6.1)."""
    shown = plain_words(text)
    fence = "`" * (1 + max((len(run) for run in _TICKS.findall(shown)), default=0))
    # The blanks separate the fence from backticks at the ends; Markdown strips one at each end.
    return f"{fence} {shown} {fence}" if shown else ""
