"""The shape for clients that do not request hal+json."""

from __future__ import annotations

from cartage_sandbox.extensiv.wire.pascal import pascal
from cartage_sandbox.extensiv.wire.rels import ITEM_REL, ORDER_REL


def test_embedded_lists_get_names_and_links_go() -> None:
    hal = {
        "totalResults": 1,
        "_embedded": {ORDER_REL: [{"referenceNum": "A1", "_embedded": {ITEM_REL: [{"qty": 1.0}]}}]},
        "_links": {"self": {"href": "/orders"}},
    }
    assert pascal(hal) == {
        "TotalResults": 1,
        "ResourceList": [{"ReferenceNum": "A1", "OrderItems": [{"Qty": 1.0}]}],
    }


def test_values_and_nested_objects_are_kept() -> None:
    assert pascal({"readOnly": {"isClosed": None, "tags": ["x", 1]}}) == {
        "ReadOnly": {"IsClosed": None, "Tags": ["x", 1]}
    }
