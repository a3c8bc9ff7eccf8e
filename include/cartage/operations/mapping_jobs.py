"""Jobs about changes of mappings: try them on orders, and save them.

A job works either on an uploaded file (its input has the `name`, and whether it is `whole`), or on the rules to `put`
(documents) and the texts whose rules to `drop` (kind, text); and a `note`. Backtests also take `days`. `forced` is the
reason to accept what the warehouse does not offer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cartage.dispatch import stage
from cartage.errors import SettingsError
from cartage.lanes.settings.mappings import MappingSource
from cartage.lanes.sources.places import lanes_path
from cartage.mappings.changes import MappingChange
from cartage.mappings.documents import rule_from
from cartage.mappings.files import RulesFile
from cartage.mappings.repo import mappings_revision
from cartage.mappings.rules import Rule, RuleKey
from cartage.operations.repo import jobs
from cartage.operations.repo.jobs import Job
from cartage.runtime.context import StageContext
from cartage.validation import mapping_changes
from cartage.validation.compare_rules import Comparison
from cartage.validation.mapping_changes import MappingProposal

# A longer list of changes is easier to read in the file itself.
_MOST_WORDS = 500


def try_mappings(context: StageContext, job: Job) -> Mapping[str, Any]:
    """Return what the file would change, and what that would do to the orders not sent yet. Change nothing.

    Rows with mistakes are left out, and named in the result.

    Raises:
        BadFile: if the file is no table of rules.
        SettingsError: naming every rule that is not valid.
    """
    return _tried(context, job)[1]


def preview_rule(context: StageContext, job: Job) -> Mapping[str, Any]:
    """Return what a single change would do to the orders not sent yet, and would have done to those of the last days.

    Change nothing.

    Raises:
        SettingsError: naming the rule that is not valid.
    """
    proposal, outcome = _tried(context, job)
    days = int(job.input["days"])
    return outcome | {
        "backtest": {"days": days, **_looked_back(context, job, proposal, outcome["validated"])}
    }


def _tried(context: StageContext, job: Job) -> tuple[MappingProposal, dict[str, Any]]:
    with context.ledger.begin() as connection:
        seen = mappings_revision(connection, context.lane.name)
    change, findings = _preview_of(context, job)
    proposal = mapping_changes.propose_mapping_change(context, change)
    found = mapping_changes.preview_mapping_change(
        context, proposal, Comparison(report_progress=_progress(context, job))
    )
    outcome = findings | _proposal_words(proposal) | _compared(found) | {"seen": seen}
    if context.lane.mappings is MappingSource.FILES:
        try:
            outcome["patch"] = mapping_changes.patch_lanes_file(lanes_path(), context.lane, proposal.then)
        except SettingsError as failure:  # What it would do to orders is worth knowing all the same.
            outcome["no_patch"] = str(failure)
    return proposal, outcome


def save_mappings(context: StageContext, job: Job) -> Mapping[str, Any]:
    """Save the change in the name of the person who requested it, and validate waiting orders. Idempotent.

    Raises:
        BadFile: with every bad row.
        SettingsError: naming every rule that is not valid.
        LedgerError: if the rules changed since the person saw them (`seen`).
    """
    change = change_of(context, job)
    plan = mapping_changes.propose_mapping_change(context, change).plan
    # A try before this one may have saved it and died: the rules are then others than those that were looked at.
    if not plan.is_empty:
        seen, note = (
            str(job.input.get("seen", "")),
            str(job.input.get("note") or job.input.get("name", "")),
        )
        plan = mapping_changes.save_mapping_change(
            context, change, author=job.requested_by, note=note, seen=seen
        )
    return {"words": list(plan.words[:_MOST_WORDS]), **stage("validate_mappings")(context)}


def backtest_mappings(context: StageContext, job: Job) -> Mapping[str, Any]:
    """Return which of the last days' orders would have had another result with the file, and which. Change nothing.

    Rows with mistakes are left out, and named in the result.

    Raises:
        BadFile: if the file is no table of rules.
        SettingsError: naming every rule that is not valid.
    """
    change, findings = _preview_of(context, job)
    proposal = mapping_changes.propose_mapping_change(context, change)
    return findings | _proposal_words(proposal) | _looked_back(context, job, proposal)


def change_of(context: StageContext, job: Job) -> MappingChange:
    """Return the change that a job's file or rules describe.

    Raises:
        BadFile: with every bad row.
    """
    forced = str(job.input.get("forced", ""))
    if job.upload_id is None:
        put = tuple(rule_from(document) for document in job.input.get("put", ()))
        drop = tuple(_key(*words) for words in job.input.get("drop", ()))
        return MappingChange(put, drop=drop, forced=forced)
    return _change_of_file(job, _uploaded(context, job, job.upload_id).all_rules())


def _key(kind: str, text: str, warehouse: str = "") -> RuleKey:
    """Return the key of a rule to drop. Jobs of earlier versions name no warehouse."""
    return kind, text, warehouse


def _change_of_file(job: Job, rules: tuple[Rule, ...]) -> MappingChange:
    """Return the change that a file's rules are; a file for one warehouse replaces that one's own rules alone."""
    of = str(job.input.get("of", ""))
    forced = str(job.input.get("forced", ""))
    return MappingChange(rules, whole=bool(job.input.get("whole")), forced=forced, of=of or None)


def _preview_of(context: StageContext, job: Job) -> tuple[MappingChange, dict[str, Any]]:
    """Return the change without a file's bad rows, and what the job's page says of these."""
    if job.upload_id is None:
        return change_of(context, job), {}
    found = _uploaded(context, job, job.upload_id)
    findings = {
        "mistakes": [str(mistake).strip() for mistake in found.mistakes[:_MOST_WORDS]],
        "bad_rows": len({mistake.row for mistake in found.mistakes}),
        "notes": list(found.notes),
    }
    return _change_of_file(job, found.rules), findings


def _uploaded(context: StageContext, job: Job, upload_id: int) -> RulesFile:
    with context.ledger.begin() as connection:
        content = jobs.uploaded_file(connection, upload_id)
    name, forced = str(job.input["name"]), str(job.input.get("forced", ""))
    of = str(job.input.get("of", ""))
    return mapping_changes.read_lane_rules(context, content, name, of=of, forced=forced)


def _looked_back(
    context: StageContext, job: Job, proposal: MappingProposal, before: int = 0
) -> dict[str, Any]:
    """Compare the orders of the last days; `before` is how many were compared already."""
    found = Comparison(report_progress=_progress(context, job, before))
    days = int(job.input["days"])
    for difference in mapping_changes.backtest_change(context, proposal.at, days, found):
        found.add(difference)
    return _compared(found)


def _progress(context: StageContext, job: Job, before: int = 0) -> Callable[[Comparison], None]:
    """Return a function that shows on the job's page how many orders were compared."""

    def report(found: Comparison) -> None:
        with context.ledger.begin() as connection:
            jobs.note_progress(connection, job.id, before + found.validated, None)

    return report


def _proposal_words(proposal: MappingProposal) -> dict[str, Any]:
    """Return what a proposal would change, for the job's outcome."""
    words = proposal.plan.words
    return {
        "words": list(words[:_MOST_WORDS]),
        "changes": len(words),
        "unchanged": proposal.plan.unchanged,
    }


def _compared(found: Comparison) -> dict[str, Any]:
    examples = [
        {
            "effect": example.effect.value,
            "order": example.invoice or str(example.order_id),
            "reference": example.reference,
            "before": example.before,
            "after": example.after,
        }
        for example in found.examples
    ]
    counts = {effect.value: count for effect, count in found.counts.items()}
    return {"validated": found.validated, "counts": counts, "examples": examples}
