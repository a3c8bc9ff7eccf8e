"""Responses for clients that do not request hal+json: PascalCase, ResourceList, no links.

Seen in tap-3plcentral (warehouse-apis.md section 2, "Media type matters").
"""

from __future__ import annotations

from typing import Any

from cartage_sandbox.extensiv.data.model import JsonObject
from cartage_sandbox.extensiv.wire.rels import CONTENT_REL, ITEM_REL

_NESTED = {ITEM_REL: "OrderItems", CONTENT_REL: "PackageContents"}


def pascal(value: Any) -> Any:
    """Return a hal+json document in the PascalCase shape."""
    if isinstance(value, list):
        return [pascal(each) for each in value]
    if not isinstance(value, dict):
        return value
    shown: JsonObject = {}
    for key, each in value.items():
        if key == "_embedded":
            shown |= {_NESTED.get(rel, "ResourceList"): pascal(rows) for rel, rows in each.items()}
        elif key != "_links":
            shown[key[:1].upper() + key[1:]] = pascal(each)
    return shown
