"""A stopped push of stock as Airflow shows it: why, the biggest swings, what may be answered. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cartage.inventory.breaker import why_paused
from cartage.operations.required_actions.causes import LEAVE
from cartage.operations.required_actions.paused_pushes import KEEP_PAUSED, PUSH
from cartage_airflow.required_actions.question import Choices, Form, code_span, subject_of

if TYPE_CHECKING:
    from cartage.inventory.repo.paused_pushes import PausedPush

STOCK_CHOICES = Choices((PUSH, KEEP_PAUSED, LEAVE), about_orders=False)
# The desk's page lists them all.
_SHOWN = 10


def stock_form(stop: PausedPush, *, lane: str, desk: str) -> Form:
    """The form of a question about a stop; `desk` is the address of its page."""
    why = why_paused(stop)
    return Form(
        subject_of(f"stock of lane {lane} is not pushed: {why}"),
        "\n\n".join(_paragraphs(stop, why, desk)),
        STOCK_CHOICES,
    )


def _paragraphs(stop: PausedPush, why: str, desk: str) -> Iterator[str]:
    yield f"**{why[0].upper()}{why[1:]}**, since {stop.opened_at:%Y-%m-%d %H:%M} UTC. The store keeps its figures."
    if stop.suspects:
        lines = [
            f"- {code_span(one.sku)}{f' (option {code_span(one.option)})' if one.option else ''}: "
            f"{one.before.normalize():f} in the store, would be {one.after}"
            for one in stop.biggest_first[:_SHOWN]
        ]
        left = len(stop.suspects) - len(lines)
        yield "\n".join([*lines, *([f"- and {left:,} more"] if left else [])])
    yield "\n".join(
        (
            f"- **{PUSH}** lets the next run push, as the figures are then.",
            f"- **{KEEP_PAUSED}** pushes nothing while these are in doubt, and asks no more until something else is.",
            f"- **{LEAVE}** changes nothing: it waits for an answer at the desk, or by command.",
        )
    )
    yield f"[See all of them at the desk]({desk})"
