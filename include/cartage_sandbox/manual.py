"""Write the tables of the emulators' rules into docs/sandbox.md, between two markers.

`python -m cartage_sandbox.manual docs/sandbox.md`
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from cartage_sandbox.extensiv.rules import EXTENSIV_RULES
from cartage_sandbox.files.rules import FILE_RULES
from cartage_sandbox.kernel.rules import Rule, RuleValue
from cartage_sandbox.mcf.rules import MCF_RULES
from cartage_sandbox.shipbob.rules import SHIPBOB_RULES
from cartage_sandbox.threedcart.rules import RULES

BEGIN = "<!-- written by `python -m cartage_sandbox.manual docs/sandbox.md`; do not edit by hand -->"
END = "<!-- end of the rules -->"
_EMULATORS = {
    "The store (3dcart)": RULES,
    "The warehouse (Extensiv)": EXTENSIV_RULES,
    "The warehouse (ShipBob)": SHIPBOB_RULES,
    "The warehouse that takes files": FILE_RULES,
    "The warehouse (Amazon Multi-Channel Fulfillment)": MCF_RULES,
}


def rules_manual() -> str:
    """Return every rule with its default, its other values and the evidence for the default, as Markdown."""
    return "\n\n".join("\n".join(_table(title, rules)) for title, rules in _EMULATORS.items())


def with_rules(page: str) -> str:
    """Return the page with the current tables between its markers.

    Raises:
        ValueError: if the page lacks a marker.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page needs a line {BEGIN!r} and after it a line {END!r}")
    return f"{before}{BEGIN}\n\n{rules_manual()}\n\n{END}{after}"


def _table(title: str, rules: Sequence[Rule]) -> Iterator[str]:
    yield f"### {title}"
    yield ""
    yield "| rule | default | other values | evidence | what it does |"
    yield "|---|---|---|---|---|"
    for rule in rules:
        others = [_shown(choice) for choice in rule.choices if choice != rule.value]
        if isinstance(rule.value, bool):
            others = [_shown(not rule.value)]
        about = rule.about.replace("|", "\\|").replace("<", "&lt;")
        yield f"| `{rule.name}` | {_shown(rule.value)} | {', '.join(others)} | {rule.evidence} | {about} |"


def _shown(value: RuleValue) -> str:
    """Return a value as a rule is set on the command line: NAME=JSON."""
    return f"`{json.dumps(value)}`"


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_text(with_rules(file.read_text(encoding="utf-8")), encoding="utf-8")
