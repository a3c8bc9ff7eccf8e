"""Print rules, and the effect of a change of rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from cartage.cli.printing import show_json, show_table
from cartage.plurals import counted

if TYPE_CHECKING:
    from cartage.mappings.changes import MappingPlan
    from cartage.mappings.repo import RuleVersion
    from cartage.mappings.rules import Rule
    from cartage.spreadsheets import BadRow
    from cartage.validation.compare_rules import Comparison, RequestDifference
    from cartage.validation.views import CauseSummary

_DIFFERENCE = ("effect", "reference", "order_id", "invoice", "state", "before", "after")


def show_rules(rules: Sequence[Rule], title: str, *, as_json: bool) -> None:
    """Print the current rules."""
    from cartage.mappings.files import rules_to_rows
    from cartage.mappings.rules import rule_text

    if as_json:
        show_json(list(rules_to_rows(rules)))
    else:
        show_table(("rule",), [(rule_text(rule),) for rule in rules], title=title)


def show_versions(versions: Sequence[RuleVersion], lane: str, *, as_json: bool) -> None:
    """Print versions of rules with their authors."""
    from cartage.mappings.files import rules_to_rows
    from cartage.mappings.rules import rule_text

    if as_json:
        names = ("id", "author", "note", "made_at", "ended_at", "ended_by")
        show_json(
            [
                {
                    **{name: getattr(version, name) for name in names},
                    "rule": list(rules_to_rows([version.rule])),
                }
                for version in versions
            ]
        )
        return
    rows = [
        (
            version.id,
            rule_text(version.rule),
            version.author,
            f"{version.made_at:%F %H:%M}",
            f"{version.ended_at:%F %H:%M}, by {version.ended_by}" if version.ended_at else "",
            version.note,
        )
        for version in versions
    ]
    columns = ("id", "rule", "author", "since (UTC)", "ended (UTC)", "note")
    show_table(columns, rows, title=f"{lane}: {counted(len(versions), 'version')} of rules")


def show_fixable(found: Sequence[CauseSummary], lane: str, *, as_json: bool) -> None:
    """Print the causes that a mapping would fix, with the closest matches."""
    from cartage.mappings.choices import mapping_choices
    from cartage.mappings.rules import rule_text

    def matches(cause: CauseSummary) -> list[str]:
        return [
            f"{rule_text(choice.rule(cause.subject)).partition(' -> ')[0]} -> {choice.label}"
            f" ({suggestion['score']:.0f}%)"
            for suggestion in cause.suggestions
            for choice in mapping_choices(cause.kind, cause.subject, [suggestion])
        ]

    if as_json:
        show_json(
            [
                {
                    "orders": cause.orders.counted,
                    "or_more": cause.orders.more,
                    "cause": cause.message,
                    "matches": matches(cause),
                }
                for cause in found
            ]
        )
        return
    table = [(cause.orders, cause.message, "\n".join(matches(cause)) or "no match") for cause in found]
    columns = ("orders", "cause", "closest at the warehouse")
    show_table(columns, table, title=f"{lane}: causes that a mapping would fix")


def show_preview(
    plan: MappingPlan,
    orders: Comparison,
    lane: str,
    *,
    as_json: bool,
    to_stderr: bool,
    mistakes: Sequence[BadRow] = (),
) -> None:
    """Print what a change does to the rules and to the orders that wait; `mistakes` are of rows that are left out."""
    if as_json:
        bad = [asdict(mistake) for mistake in mistakes]
        show_json({"rules": plan.words, "unchanged": plan.unchanged, **_comparison(orders), "mistakes": bad})
        return
    if mistakes:
        rows = len({mistake.row for mistake in mistakes})
        typer.echo(
            f"{counted(rows, 'row has', 'rows have')} mistakes. "
            "This preview is without them; an import would be refused."
        )
    if to_stderr:
        for line in [*plan.words, _summary(orders)]:
            typer.echo(line, err=True)
        return
    show_table(
        ("rules",),
        [(line,) for line in plan.words],
        title=f"{lane}: {counted(plan.unchanged, 'rule')} unchanged",
    )
    show_comparison(orders, f"{lane}: {counted(orders.validated, 'order')} not sent yet", as_json=False)


def show_comparison(found: Comparison, title: str, *, as_json: bool) -> None:
    """Print the orders that the other rules treat differently: counts, and examples of each effect."""
    if as_json:
        show_json(_comparison(found))
        return
    typer.echo(_summary(found))
    if found.examples:
        rows = [[getattr(example, name) for name in _DIFFERENCE] for example in found.examples]
        show_table(_DIFFERENCE, rows, title=title)


def write_differences(differences: Iterable[RequestDifference], found: Comparison, path: Path | None) -> None:
    """Count the differences, and write each to the CSV file, if a path is given."""
    from cartage.spreadsheets import rows_to_csv

    def rows() -> Iterator[dict[str, str]]:
        for difference in differences:
            found.add(difference)
            yield {name: str(getattr(difference, name)) for name in _DIFFERENCE}

    if path is None:
        for _ in rows():
            pass
        return
    path.write_text(rows_to_csv(_DIFFERENCE, rows()), encoding="utf-8-sig")


def _summary(found: Comparison) -> str:
    effects = ", ".join(f"{number} {effect.value}" for effect, number in sorted(found.counts.items()))
    return f"Of {counted(found.validated, 'order')}: {effects or 'none would differ'}."


def _comparison(found: Comparison) -> dict[str, Any]:
    return {
        "validated": found.validated,
        "counts": {effect.value: number for effect, number in sorted(found.counts.items())},
        "examples": [{name: getattr(example, name) for name in _DIFFERENCE} for example in found.examples],
    }
