"""Extensiv's refusals: what the body of a 400 or 403 means for the order.

Bodies are PascalCase exceptions with Newtonsoft's `$type`. Hints are passed on without anything that identifies an
order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cartage.errors.problems import Problem, ProblemKind
from cartage.http.lenient import NotJson, parse_body
from cartage.model.orders import FulfillmentRequest
from cartage.model.texts import strip_controls
from cartage.warehouses.api.identity import without_identity
from cartage.warehouses.contract import CancelOutcome

_LONGEST_TEXT = 1_000
# Orders created through the API may be completed automatically (help centre); work on them has then begun.
_CANCELS = {
    "OrderConfirmed": CancelOutcome.TOO_LATE,
    "AlreadyCompleted": CancelOutcome.TOO_LATE,
    "OrderCanceled": CancelOutcome.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class ExtensivFault:
    """A refusal. `kind` is the exception's name, such as OperationException; `properties` are (name, value)."""

    kind: str
    code: str
    hint: str = ""
    properties: tuple[tuple[str, str], ...] = ()

    @property
    def about(self) -> str:
        """Return the names of the properties at fault."""
        return ", ".join(name for name, _ in self.properties)

    def __str__(self) -> str:
        about = f" {self.about}" if self.about else ""
        return f"{self.code or self.kind}{about}{f': {self.hint}' if self.hint else ''}"


def parse_refusal(text: str) -> list[ExtensivFault]:
    """Return the faults that a body names, each fault of a ListException by itself; empty for any other body."""
    try:
        return list(_faults(parse_body(text.encode("utf-8", "replace"))))
    except (NotJson, RecursionError):
        return []


def _faults(body: object) -> Iterator[ExtensivFault]:
    if not isinstance(body, Mapping):
        return
    kind = str(body.get("$type") or "").partition(",")[0].rpartition(".")[2]
    inner = body.get("Faults")
    if isinstance(inner, Sequence) and not isinstance(inner, str):
        for fault in inner:
            yield from _faults(fault)
    elif kind or body.get("ErrorCode"):
        yield ExtensivFault(
            kind, _text(body.get("ErrorCode")), _text(body.get("Hint")), tuple(_properties(body))
        )


def _properties(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for entry in _listed(body.get("Properties")):
        if isinstance(entry, Mapping):
            yield _text(entry.get("Name")), _text(entry.get("Value"))
    for name in _listed(body.get("Parameters")):
        yield _text(name), ""


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()


def is_duplicate(faults: Sequence[ExtensivFault]) -> bool:
    """Return whether the warehouse says that it has the order (warehouse-apis.md section 2, "Duplicates")."""
    return any(fault.code == "Duplicate" for fault in faults)


def is_about_reference(faults: Sequence[ExtensivFault]) -> bool:
    """Return whether a `Duplicate` can mean the reference: it names the reference, or nothing."""
    about = [fault.about.casefold() for fault in faults if fault.code == "Duplicate"]
    return any(not name or "referencenum" in name for name in about)


def unknown_party(faults: Sequence[ExtensivFault]) -> str:
    """Return what the account does not have, "customer" or "facility": a fault in the settings, not in the order."""
    named = " ".join(fault.about for fault in faults if fault.code == "DoesNotExist").casefold()
    return next((party for party in ("customer", "facility") if f"{party}identifier" in named), "")


def cancel_outcome(faults: Sequence[ExtensivFault]) -> CancelOutcome | None:
    """Return the outcome that a refused cancel stands for; None if it says something else (section 2, "Cancel")."""
    return next((_CANCELS[fault.code] for fault in faults if fault.code in _CANCELS), None)


def is_permission(faults: Sequence[ExtensivFault]) -> bool:
    """Return whether a 403 is about the credential's role and not the order. It is, if it names no fault at all."""
    return not faults or any(fault.kind == "AuthorizationException" for fault in faults)


def refusal_problems(faults: Sequence[ExtensivFault], request: FulfillmentRequest) -> list[Problem]:
    """Return what the faults mean for an order; each problem once."""
    return list(dict.fromkeys(_problem(fault, request) for fault in faults))


def _problem(fault: ExtensivFault, request: FulfillmentRequest) -> Problem:
    sku = _unknown_sku(fault, request)
    if sku:
        return Problem(
            ProblemKind.UNKNOWN_SKU,
            sku,
            f"The warehouse has no item {sku}.",
            "Create the item at the warehouse, or correct the SKU in the store.",
        )
    subject = f"{fault.code or fault.kind} {fault.about}".strip()
    hint = without_identity(fault.hint, request)
    return Problem(
        ProblemKind.REFUSED_BY_WAREHOUSE,
        subject,
        f"The warehouse refuses the order: {subject}{f' ({hint})' if hint else ''}.",
        "Correct the order in the store, or ask the warehouse what is wrong with it.",
    )


def _unknown_sku(fault: ExtensivFault, request: FulfillmentRequest) -> str:
    """Return the SKU that does not exist, as the order spells it; empty if the fault is about something else."""
    if fault.code != "DoesNotExist":
        return ""
    skus = {line.sku.casefold(): line.sku for line in request.lines}
    named = [skus[value.casefold()] for _, value in fault.properties if value.casefold() in skus]
    if named:
        return named[0]
    about_item = any("sku" in name.casefold() or "item" in name.casefold() for name, _ in fault.properties)
    return next(iter(skus.values())) if about_item and len(skus) == 1 else ""


def _text(value: object) -> str:
    return "" if value is None else strip_controls(str(value)).strip()[:_LONGEST_TEXT]
