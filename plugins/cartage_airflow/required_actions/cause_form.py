"""The form of a required action about a cause: what it blocks, the fix, and the choices. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from cartage.errors.problems import ProblemKind
from cartage.operations.required_actions.causes import HOLD, LEAVE, MAP, SKIP
from cartage_airflow.required_actions.form import ActionChoices, ActionForm, code_span, subject_of

if TYPE_CHECKING:
    from cartage.mappings.choices import MappingChoice
    from cartage.operations.repo.required_actions import RequiredAction
    from cartage.validation.views import CauseSummary


def cause_form(action: RequiredAction, summary: CauseSummary | None, *, lane: str, desk: str) -> ActionForm:
    """Return the form. `summary` says what the cause blocks now, `desk` is the address of its page."""
    count = (
        "orders" if summary is None else f"{summary.orders} order{'' if str(summary.orders) == '1' else 's'}"
    )
    # Airflow's list shows only the first words.
    return ActionForm(
        subject_of(f"{action.message}: {count} of lane {lane}"),
        "\n\n".join(_paragraphs(action, summary, count, desk)),
        cause_choices(action.offers or ()),
    )


def cause_choices(offered: Sequence[MappingChoice]) -> ActionChoices:
    """Return at most four choices, which Airflow shows as buttons; it shows five as a list without names (3.3.2)."""
    options = (*((MAP,) if offered else ()), SKIP, HOLD, LEAVE)
    return ActionChoices(options, tuple(mapping.label for mapping in offered))


def _paragraphs(action: RequiredAction, summary: CauseSummary | None, count: str, desk: str) -> Iterator[str]:
    value = f", worth {summary.value:,.2f}" if summary is not None else ""
    yield f"**{count[0].upper()}{count[1:]}{value}**, since {action.opened_at:%Y-%m-%d %H:%M} UTC. The fix:"
    yield code_span(action.fix)
    if not action.offers and (names := list(_suggested_names(action))):
        likely = ", ".join(code_span(name) for name in names)
        yield f"Likely: {likely}. Map them at the desk, or with `cartage mappings`."
    yield "\n".join(f"- **{option}** {meaning}" for option, meaning in _meanings(action))
    yield f"[Show these orders at the desk]({desk})"


def _meanings(action: RequiredAction) -> Iterator[tuple[str, str]]:
    if action.offers:
        yield MAP, "saves the mapping under your name and releases all of these orders at once."
    yield SKIP, "takes the orders out until somebody retries them, one by one."
    yield HOLD, "keeps the orders from being sent for some days, then checks them again."
    yield LEAVE, "changes nothing: the cause stays open."


def _suggested_names(action: RequiredAction) -> Iterator[str]:
    """Yield the suggestions, for a form on which none of them can be chosen."""
    for suggestion in action.suggestions:
        if action.kind is ProblemKind.UNKNOWN_SKU:
            yield str(suggestion["sku"])
        else:
            yield f"{suggestion['carrier']} {suggestion.get('title') or suggestion['service']}".strip()
