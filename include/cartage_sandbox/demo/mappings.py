"""The mappings with which a lane of the demo begins: imported into the ledger from a file, as people do it."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence

from cartage_sandbox.stack.deployment import Deployment

_COLUMNS = ("kind", "store", "carrier", "service", "scac", "warehouse")


def import_rules(deployment: Deployment, lane: str, rules: Sequence[Mapping[str, str]]) -> None:
    """Import these rules for ship methods into the lane's ledger. Raises CommandFailed."""
    file = deployment.home / f"mappings-{lane}.csv"
    with file.open("w", newline="") as opened:
        writer = csv.DictWriter(opened, _COLUMNS, extrasaction="raise", restval="")
        writer.writeheader()
        writer.writerows({"kind": "ship_method", **rule} for rule in rules)
    deployment.cartage(
        "mappings", "import", str(file), "--lane", lane, "--by", "demo", "--note", "as shipped"
    )
