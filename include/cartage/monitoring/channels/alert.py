"""One alert: what happened where, what it means, and the mend. Given texts only; knows no channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Moment(StrEnum):
    """Which message about it this is."""

    OPENED = "opened"
    LASTING = "lasting"
    RECOVERED = "recovered"


@dataclass(frozen=True, slots=True)
class Alert:
    """What an operator is told. Whoever builds it keeps secrets and personal data out.

    `title` is one sentence, `what_it_means` what happens to orders meanwhile, `mend` what to do, `link` the log where
    to read on (an http or https address, or empty), `facts` short named values such as counts, `links` further
    addresses by name, `runbook` where its runbook is. `id` and `kind` are the ledger's: the same in every message about
    one alert.
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
    moment: Moment = Moment.OPENED
    kind: str = ""
    id: int = 0
