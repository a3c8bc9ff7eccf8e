"""The two versions that an exception is about, as lines for a person to compare. Pure."""

from __future__ import annotations

from collections import Counter
from typing import Any


def version_lines(document: dict[str, Any] | None) -> dict[str, str]:
    """Return a version as lines of name and value, each ship group with its number; empty for None."""
    flat: dict[str, str] = {}
    for name, value in (document or {}).items():
        if name != "groups":
            flat[name] = str(value)
            continue
        several = Counter(group["shipment_id"] for group in value)
        for group in value:
            number = group["shipment_id"]
            of_part = f", part {group.get('reference', '')}" if several[number] > 1 else ""
            flat |= _flat_group(group, f"ship group {number}{of_part}")
    return flat


def _flat_group(group: dict[str, Any], name_of_group: str) -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in group.items():
        if name == "shipment_id":
            continue
        parts = value if isinstance(value, dict) else {"": value}
        for part, text in parts.items():
            if text not in ("", None):
                label = " ".join(word for word in (name, part) if word)
                flat[f"{name_of_group}: {label}"] = str(text)
    return flat
