"""What Cartage can do about a difference between store, ledger and warehouse."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class DifferenceFix(StrEnum):
    """What Cartage can do about a difference without a risk. Nothing is sent to a warehouse by any of them."""

    REIMPORT = "reimport"  # read the order from the store again
    POLL = "poll"  # read the order at the warehouse again
    POST = "post"  # post to the store again
    ADOPT = "adopt"  # follow what the warehouse has


FIX_MEANINGS: Mapping[DifferenceFix, str] = {
    DifferenceFix.REIMPORT: "Read the order from the store again, as an import does.",
    DifferenceFix.POLL: "Read the order at the warehouse again, as a poll does.",
    DifferenceFix.POST: "Let the next run of the shipments DAG post its status and tracking to the store again.",
    DifferenceFix.ADOPT: "Follow the order that the warehouse has. Nothing is sent.",
}
