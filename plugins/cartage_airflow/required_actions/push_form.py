"""The form of a required action about a paused push of stock: why, the largest changes, and the choices. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cartage.inventory.breaker import why_paused
from cartage.operations.required_actions.causes import LEAVE
from cartage.operations.required_actions.paused_pushes import APPROVE_PUSH, REFUSE_PUSH
from cartage_airflow.required_actions.form import ActionChoices, ActionForm, code_span, subject_of

if TYPE_CHECKING:
    from cartage.inventory.repo.paused_pushes import PausedPush

PUSH_CHOICES = ActionChoices((APPROVE_PUSH, REFUSE_PUSH, LEAVE), about_orders=False)
# The desk's page lists all of them.
_SHOWN = 10


def push_form(paused: PausedPush, *, lane: str, desk: str) -> ActionForm:
    """Return the form; `desk` is the address of the stock page."""
    why = why_paused(paused)
    return ActionForm(
        subject_of(f"stock of lane {lane} is not pushed: {why}"),
        "\n\n".join(_paragraphs(paused, why, desk)),
        PUSH_CHOICES,
    )


def _paragraphs(paused: PausedPush, why: str, desk: str) -> Iterator[str]:
    yield f"**{why[0].upper()}{why[1:]}**, since {paused.opened_at:%Y-%m-%d %H:%M} UTC. The store keeps its stock."
    if paused.suspects:
        lines = [
            f"- {code_span(suspect.sku)}{f' (option {code_span(suspect.option)})' if suspect.option else ''}: "
            f"{suspect.before.normalize():f} in the store, would be {suspect.after}"
            for suspect in paused.biggest_first[:_SHOWN]
        ]
        left = len(paused.suspects) - len(lines)
        yield "\n".join([*lines, *([f"- and {left:,} more"] if left else [])])
    yield "\n".join(
        (
            f"- **{APPROVE_PUSH}**: the next run pushes the stock of that moment.",
            f"- **{REFUSE_PUSH}**: nothing is pushed while these figures look wrong; others need a new decision.",
            f"- **{LEAVE}** changes nothing: the push waits for a decision at the desk, or by command.",
        )
    )
    yield f"[Show all of them at the desk]({desk})"
