"""ShipBob's refusals: what the body of a 400 or 422 means for the order. Pure.

Bodies are a field's name with texts (`{"": ["Cannot insert order with existing ReferenceId"]}`, connectors.md section
2.2), problem details (RFC 9457), or a text alone; the OpenAPI description leaves them open. They are passed on without
anything that identifies an order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cartage.errors.problems import Problem, ProblemKind
from cartage.http.lenient import NotJson, parse_body
from cartage.model.orders import FulfillmentRequest
from cartage.model.texts import strip_controls
from cartage.warehouses.api.identity import without_identity

_LONGEST_TEXT = 1_000
_MOST_FAULTS = 20
# Fields of bodies that are not names of fields: problem details, and the gateway's own shape.
_MESSAGES = ("detail", "title", "message", "error")
_IGNORED = frozenset({*_MESSAGES, "type", "status", "instance", "traceid", "statuscode", "errors"})
_DUPLICATE = re.compile(
    r"(existing|duplicate|same|already)[^.]*reference|reference[^.]*(exist|duplicate|already)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class ShipBobFault:
    """A refusal: the field at fault, empty if none is named, and what ShipBob says."""

    field: str
    text: str

    def __str__(self) -> str:
        return f"{self.field}: {self.text}" if self.field and self.text else self.field or self.text


def parse_refusal(text: str) -> list[ShipBobFault]:
    """Return the faults that a body names; empty for a body that says nothing. Total."""
    try:
        body = parse_body(text.encode("utf-8", "replace"))
    except (NotJson, RecursionError):
        return []
    return [fault for fault in dict.fromkeys(_faults(body)) if fault.text][:_MOST_FAULTS]


def _faults(body: object) -> Iterator[ShipBobFault]:
    if isinstance(body, str):
        yield ShipBobFault("", _text(body))
    elif isinstance(body, Mapping):
        inner = next((value for name, value in body.items() if name.casefold() == "errors"), None)
        if isinstance(inner, Mapping):
            yield from _fields(inner)
        yield from _fields({name: value for name, value in body.items() if name.casefold() not in _IGNORED})
        if not isinstance(inner, Mapping):
            folded = {str(name).casefold(): value for name, value in body.items()}
            yield from (
                ShipBobFault("", _text(folded[name]))
                for name in _MESSAGES
                if isinstance(folded.get(name), str)
            )


def _fields(fields: Mapping[str, object]) -> Iterator[ShipBobFault]:
    for name, value in fields.items():
        texts = value if isinstance(value, list) else [value]
        yield from (ShipBobFault(_text(name), _text(each)) for each in texts if isinstance(each, str))


def is_duplicate(faults: Sequence[ShipBobFault]) -> bool:
    """Return whether ShipBob says that it has the reference. A 422 that does not say so may still mean it."""
    return any(_DUPLICATE.search(f"{fault.field} {fault.text}") for fault in faults)


def refusal_problems(
    faults: Sequence[ShipBobFault], request: FulfillmentRequest, status: int
) -> list[Problem]:
    """Return what the faults mean for an order; each problem once."""
    named = faults or [ShipBobFault(f"HTTP {status}", "")]
    return list(dict.fromkeys(_problem(fault, request) for fault in named))


def _problem(fault: ShipBobFault, request: FulfillmentRequest) -> Problem:
    hint = without_identity(fault.text, request)
    subject = fault.field or hint
    said = f"{fault.field}: {hint}" if fault.field and hint else subject
    return Problem(
        ProblemKind.REFUSED_BY_WAREHOUSE,
        subject,
        f"ShipBob refuses the order: {said}.",
        "Correct the order in the store, or ask ShipBob what is wrong with it.",
    )


def _text(value: object) -> str:
    return strip_controls(str(value)).strip()[:_LONGEST_TEXT]
