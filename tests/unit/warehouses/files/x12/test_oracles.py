"""What we write, as another implementation sees it: mock-edi, a partner's checks of envelopes and of 997."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from mockedi import validate, x12

from cartage.model.orders import FulfillmentRequest
from tests.unit.warehouses.files.x12.helpers import AT, SAMPLES, document, partner

STYLES: list[dict[str, Any]] = [
    {},
    {"release": "005010", "separators": {"line_end": "lf"}},
    {"separators": {"element": "|", "terminator": "!", "component": ":", "line_end": "crlf"}},
]


def report(content: bytes) -> validate.InterchangeReport:
    return validate.validate(x12.parse(content.decode("latin-1")), strict=True)


@pytest.mark.parametrize("style", STYLES)
def test_the_envelope_of_orders_has_no_fault(request_: FulfillmentRequest, style: dict[str, Any]) -> None:
    others = [replace(request_, reference=f"A3_{number}_0") for number in range(3)]
    found = report(partner(charset="latin-1", **style).write(others, 1_000_000_123, AT).content)
    assert not found.interchange_findings and not found.group_errors and not found.envelope_errors
    # It does not know the 940 itself, and finds nothing else.
    assert [message.set_errors[0][0] for message in found.messages] == ["1", "1", "1"]
    assert [len(message.set_errors) for message in found.messages] == [1, 1, 1]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    "name", ["945_two_interchanges.edi", "846_full.edi", "947_adjustment.edi", "945_mixed_partners.edi"]
)
def test_an_acknowledgment_is_without_fault_in_every_element(name: str, style: dict[str, Any]) -> None:
    reply = partner(**style).reply(document((SAMPLES / name).read_bytes()), 41, AT)
    assert reply is not None
    found = report(reply.content)
    assert not found.interchange_findings and not found.group_errors and not found.envelope_errors
    faults = [
        (segment.tag, element.position, element.code)
        for message in found.messages
        for segment in message.segments
        for element in segment.elements
    ]
    # It knows the groups of purchasing alone, and finds nothing else.
    assert faults == [("AK1", 1, "7")] * len(found.messages)


def test_the_oracle_finds_faults() -> None:
    reply = partner().reply(document((SAMPLES / "846_full.edi").read_bytes()), 41, AT)
    assert reply is not None
    known = reply.content.replace(b"AK1*IB", b"AK1*PO").replace(b"AK2*846", b"AK2*850")
    assert report(known).clean
    assert not report(known.replace(b"AK9*A*1*1*1", b"AK9*Y*1*1*1")).clean
    assert not report(known.replace(b"SE*6*", b"SE*7*")).clean
