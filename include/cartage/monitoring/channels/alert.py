"""One alert as an operator reads it. Plain values; knows no channel and no ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class AlertState(StrEnum):
    """Whether a message is the first about its alert, a repeat, or the last."""

    OPENED = "opened"
    ONGOING = "ongoing"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Alert:
    """One message to an operator. The caller must redact secrets and personal data first.

    Attributes:
        title: One sentence that says what is wrong.
        what_it_means: What happens to orders in the meantime.
        fix: What to do.
        link: Address of the log (http or https), or empty.
        facts: Short named values, such as counts.
        links: Further addresses, by name.
        runbook: Address or file of the runbook.
        kind: A value of `AlertKind`.
        id: The alert's id in the ledger, the same in all messages about it; 0 if the ledger does not keep it.
    """

    lane: str
    stage: str
    title: str
    what_it_means: str
    fix: str
    link: str = ""
    facts: Mapping[str, str | int] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    runbook: str = ""
    state: AlertState = AlertState.OPENED
    kind: str = ""
    id: int = 0
