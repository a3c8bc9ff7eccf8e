"""JSON replies as XML, in the shape of ASP.NET's `<ArrayOfOrderStatus><OrderStatus>...` (section 1).

Output only: requests in XML get a 415, because no client of this project sends any.
"""

from __future__ import annotations

import re
from typing import Any
from xml.sax.saxutils import escape

import orjson

_SINGULAR = {
    "ShipmentList": "Shipment",
    "OrderItemList": "OrderItem",
    "PromotionList": "Promotion",
    "TransactionList": "Transaction",
    "QuestionList": "Question",
    "OptionSetList": "OptionSet",
    "OptionList": "Option",
    "AdvancedOptionList": "AdvancedOption",
}
# XML 1.0 cannot contain these, not even as references.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAME = re.compile(r"[A-Za-z_][\w.-]*")


def to_xml(body: bytes, element: str) -> bytes:
    """Return a JSON reply as XML, with rows named `element`. Raises ValueError if it is not JSON."""
    data = orjson.loads(body)
    root = f"ArrayOf{element}" if isinstance(data, list) else element
    namespace = ' xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'
    return _element(root, data, element, namespace).encode()


def _element(name: str, value: Any, row: str, attributes: str = "") -> str:
    if value is None:
        return f'<{name}{attributes} i:nil="true"/>'
    return f"<{name}{attributes}>{_content(value, row)}</{name}>"


def _content(value: Any, row: str) -> str:
    if isinstance(value, dict):
        return "".join(
            _element(key, each, _SINGULAR.get(key, "Item"))
            for key, each in value.items()
            if _NAME.fullmatch(key)
        )
    if isinstance(value, list):
        return "".join(_element(row, each, "Item") for each in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape(_UNWRITABLE.sub("", str(value)))
