"""Keeps the numbers: results.json holds the last run of every measurement, RESULTS.md shows them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Record = Mapping[str, Any]
_HEAD = """\
# Results

Written by `make bench` from `results.json`; do not edit. What is measured and how: [README.md](README.md).
"""


def keep(folder: Path, key: str, record: Record) -> None:
    """Put one measurement's record in the place of its last one, and write both files; the others stay."""
    path = folder / "results.json"
    records = json.loads(path.read_text()) if path.exists() else {}
    records[key] = record
    ordered = dict(sorted(records.items()))
    path.write_text(json.dumps(ordered, indent=2) + "\n")
    (folder / "RESULTS.md").write_text(rendered(ordered))


def rendered(records: Mapping[str, Record]) -> str:
    """RESULTS.md: all aims in one table, then each measurement with its figures, notes and machine."""
    return "\n".join(
        [_HEAD, *_aims(records), *(line for key in records for line in _section(key, records[key]))]
    )


def _aims(records: Mapping[str, Record]) -> Iterator[str]:
    yield "| | aim | measured | met |"
    yield "|---|---|---:|---|"
    for key, record in records.items():
        for aim in record["aims"]:
            bound = f"{aim['kind']} {_shown(aim['bound'], aim['unit'])}"
            met = "yes" if aim["met"] else "**no**"
            yield f"| {key} | {aim['text']}: {bound} | {_shown(aim['value'], aim['unit'])} | {met} |"
    yield ""


def _section(key: str, record: Record) -> Iterator[str]:
    yield f"## ({key}) {record['title']}"
    yield ""
    yield "| | Cartage | baseline |"
    yield "|---|---:|---:|"
    for figure in record["figures"]:
        numbers = (_shown(figure[side], figure["unit"]) for side in ("product", "baseline"))
        yield f"| {figure['name']} | {' | '.join(numbers)} |"
    yield ""
    yield from (f"- {note}" for note in record["notes"])
    yield f"- {_machine(record)}"
    yield ""


def _machine(record: Record) -> str:
    machine = record["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in record["versions"].items())
    sizes = " (quick sizes)" if record["quick"] else ""
    return (
        f"{record['date']}{sizes}, {record['seconds']:.0f} s: {machine['cores']} cores ({machine['processor']}), "
        f"{machine['memory_gb']} GB, {machine['system']}; load before it {machine['load']}. {versions}."
    )


def _shown(number: float | str | None, unit: str) -> str:
    if number is None:
        return ""
    text = f"{number:,}" if isinstance(number, int | float) else number
    return f"{text} {unit}".strip()
