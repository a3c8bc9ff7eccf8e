"""Values that no field should have, and JSON that no writer should write: for stores and warehouses alike."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

# JSON on the wire that `json.dumps` would never write.
RAW_NUMBERS = (
    b"-0.0",
    b"1e400",
    b"-1e308",
    b"1e99999999999999999999",
    b"0.1e-99999999999999999999",
    b"9" * 5000,
    b"-" + b"9" * 400,
    b"NaN",
    b"-Infinity",
    b"9223372036854775808",
    b"2147483648",
)
RAW_TEXTS = (
    b'"caf\xe9 latin-1"',
    b'"\xff\xfe\x00u\x00t\x00f\x001\x006"',
    b'"overlong \xc0\xaf, cut \xe2\x82"',
    b'"lone \\ud800 surrogate, \\udfff\\ud83d"',
    b'"nul \\u0000 and \x01\x02\x1b[31m raw controls\x7f"',
    b'"\xef\xbb\xbfmark inside"',
)
TEXTS = (
    "'; DROP TABLE sales_order; --",
    "1' OR '1'='1",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "<" * 3000,
    "&#0;&#xFFFFFF;&#55296;&amp;amp;",
    '=HYPERLINK("http://evil.test","x")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "{{7*7}} ${7*7} %s %(x)s {0.__class__}",
    "../../etc/passwd",
    "a\r\nX-Injected: yes\r\n\r\n",
    "\u202etxt.exe\u2066\u200b\ufeff",
    "Z\u0351\u0321" * 200,
    "\U0001f600" * 100,
    "long " * 4000,
    " \t\r\n ",
    "null",
    "NaN",
    "1e5",
    "\u0661\u0662",
    "0x10",
)
VALUES: tuple[object, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1.5,
    -(10**30),
    "",
    [],
    {},
    [[]],
    [None],
    {"a": {"b": [1]}},
)
DATES = (
    "0001-01-01T00:00:00",
    "9999-12-31T23:59:59.9999999",
    "2199-01-01T00:00:00",
    "1999-12-31T00:00:00Z",
    "2026-02-30T00:00:00",
    "2026-03-08T02:30:00",
    "11/01/2026 10:00:00 AM",
    "/Date(1700000000000+0100)/",
    "2026-11-01T10:00:00+23:59",
    "2026-W45-7",
    "20261101",
    "soon",
)
# Values that are readable neither as a text nor as a number: a cause must name the field.
UNREADABLE: tuple[object, ...] = (True, [], {}, [[]], {"a": {"b": [1]}})


@dataclass(slots=True)
class Marks:
    """Raw JSON and repeated keys, which stand as marks in a document until it is written."""

    raw_of: dict[bytes, bytes] = field(default_factory=dict)

    def raw(self, json_text: bytes) -> str:
        """Return a value that will be written as this text."""
        mark = f"@@RAW{len(self.raw_of)}@@"
        self.raw_of[f'"{mark}"'.encode()] = json_text
        return mark

    def second(self, name: str) -> str:
        """Return a key that will be written as this one, which the object has already."""
        mark = f"@@KEY{len(self.raw_of)}@@"
        self.raw_of[f'"{mark}"'.encode()] = json.dumps(name).encode()
        return mark

    def written(self, document: Mapping[str, object]) -> bytes:
        """Return the document as JSON."""
        text = json.dumps(document).encode()
        for mark, raw in self.raw_of.items():
            text = text.replace(mark, raw)
        return text


def is_mark(name: object) -> bool:
    """Return whether a key or value is a mark."""
    return isinstance(name, str) and name.startswith("@@")
