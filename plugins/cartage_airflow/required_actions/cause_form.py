"""A question as Airflow shows it: subject, text in Markdown, options. Pure.

What a store or warehouse sent stands in code spans, so that it can be nothing but text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cartage.errors.problems import ProblemKind
from cartage.operations.required_actions.causes import HOLD, LEAVE, MAP, SKIP

if TYPE_CHECKING:
    from cartage.mappings.choices import MappingChoice
    from cartage.operations.repo.required_actions import RequiredAction
    from cartage.validation.views import CauseSummary

_LONGEST_SUBJECT = 200
_TICKS = re.compile("`+")


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person may choose. `mappings` are those of one field; `about_orders`: with reason and days to hold."""

    options: tuple[str, ...]
    mappings: tuple[str, ...] = ()
    about_orders: bool = True


@dataclass(frozen=True, slots=True)
class Form:
    """What a person reads, and may choose."""

    subject: str
    body: str
    choices: Choices


def form(question: RequiredAction, stop: CauseSummary | None, *, lane: str, desk: str) -> Form:
    """The form of a question. `stop` says what the cause blocks now, `desk` is the address of its page."""
    count = "orders" if stop is None else f"{stop.orders} order{'' if str(stop.orders) == '1' else 's'}"
    # Airflow's list shows the first words only.
    return Form(
        subject_of(f"{question.message}: {count} of lane {lane}"),
        "\n\n".join(_paragraphs(question, stop, count, desk)),
        choices(question.offers or ()),
    )


def choices(offered: Sequence[MappingChoice]) -> Choices:
    """What may be done: four at most, which Airflow shows as buttons; five it shows as a list without name (3.3.2)."""
    options = (*((MAP,) if offered else ()), SKIP, HOLD, LEAVE)
    return Choices(options, tuple(one.label for one in offered))


def subject_of(text: str) -> str:
    """A subject in one line, of a length that Airflow shows."""
    subject = plain_words(text)
    return subject if len(subject) <= _LONGEST_SUBJECT else f"{subject[: _LONGEST_SUBJECT - 3]}..."


def plain_words(text: str) -> str:
    """The text in one line, without signs that do not show."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def code_span(text: str) -> str:
    """The text as a code span: no Markdown, HTML or link in it comes to life (CommonMark 0.31, section 6.1)."""
    shown = plain_words(text)
    fence = "`" * (1 + max((len(run) for run in _TICKS.findall(shown)), default=0))
    # The blanks keep backticks at the ends apart from the fence; one at each end is not shown.
    return f"{fence} {shown} {fence}" if shown else ""


def _paragraphs(question: RequiredAction, stop: CauseSummary | None, count: str, desk: str) -> Iterator[str]:
    value = f", worth {stop.value:,.2f}" if stop is not None else ""
    yield f"**{count[0].upper()}{count[1:]}{value}**, since {question.opened_at:%Y-%m-%d %H:%M} UTC. What mends it:"
    yield code_span(question.fix)
    if not question.offers and (names := list(_names(question))):
        likely = ", ".join(code_span(name) for name in names)
        yield f"Likely: {likely}. Map them at the desk, or with `cartage mappings`."
    yield "\n".join(f"- **{name}** {what}" for name, what in _meanings(question))
    yield f"[See these orders at the desk]({desk})"


def _meanings(question: RequiredAction) -> Iterator[tuple[str, str]]:
    if question.offers:
        yield MAP, "saves it under your name, and releases all of these orders at once."
    yield SKIP, "takes them out until somebody brings each of them back."
    yield HOLD, "lets them wait for some days; then they are checked anew."
    yield LEAVE, "changes nothing: the cause stays open."


def _names(question: RequiredAction) -> Iterator[str]:
    """The suggestions, where none of them may be chosen here."""
    for suggestion in question.suggestions:
        if question.kind is ProblemKind.UNKNOWN_SKU:
            yield str(suggestion["sku"])
        else:
            yield f"{suggestion['carrier']} {suggestion['service']}".strip()
