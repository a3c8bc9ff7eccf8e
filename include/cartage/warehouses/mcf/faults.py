"""Amazon's refusals: what the errors of a response mean for the order, or for the credentials.

Messages are prose. Those whose meaning matters are recognised by the words that were seen; any other is passed on
without anything that identifies an order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cartage.errors.problems import Problem, ProblemKind
from cartage.http.lenient import NotJson, parse_body
from cartage.model.orders import FulfillmentRequest
from cartage.model.texts import strip_controls
from cartage.warehouses.api.identity import without_identity
from cartage.warehouses.mcf.items import item_ids

_LONGEST_TEXT = 1_000
# In these words since 2022 (amzn/selling-partner-api-models, issues 2979 and 2407); the id is the line's.
_UNKNOWN_SKU = re.compile(r"SellerSKU for Item Id:\s*(.+?)\s+is invalid", re.IGNORECASE)
_PARAMETER = re.compile(r"\bparameter\s+([\w.\[\]]+)", re.IGNORECASE)
# UNVERIFIED: no source shows what a repeated or an unknown id gets.
_REPEATED = re.compile(r"already|duplicate|(?:not|must be) unique", re.IGNORECASE)
_ABSENT = re.compile(r"not (?:be )?found|(?:does|did) not exist|no such|cannot find", re.IGNORECASE)
# Parameters that the account and the lane's settings fill, and no order (issue 1759).
_OF_THE_ACCOUNT = frozenset({"sellerid", "marketplaceid", "marketplaceids", "granularityid"})


@dataclass(frozen=True, slots=True)
class AmazonFault:
    """An error of a response."""

    code: str
    message: str = ""
    details: str = ""

    @property
    def parameter(self) -> str:
        """Return the name of the parameter at fault, if the message names it."""
        found = _PARAMETER.search(self.message)
        return found[1] if found else ""

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.code, self.message, self.details)))


def parse_faults(text: str) -> list[AmazonFault]:
    """Return the errors that a body names; empty for any other body."""
    try:
        body = parse_body(text.encode("utf-8", "replace"))
    except NotJson:
        return []
    errors = body.get("errors") if isinstance(body, Mapping) else None
    found = (
        [_fault(error) for error in errors if isinstance(error, Mapping)] if isinstance(errors, list) else []
    )
    return [fault for fault in found if fault.code or fault.message]


def is_about_token(faults: Sequence[AmazonFault]) -> bool:
    """Return whether a 403 is about the access token: Amazon's description names expired tokens there."""
    return any("token" in f"{fault.message} {fault.details}".casefold() for fault in faults)


def is_repeated(faults: Sequence[AmazonFault]) -> bool:
    """Return whether Amazon says that it has an order under this id."""
    return any(_REPEATED.search(fault.message) for fault in faults)


def is_absent(faults: Sequence[AmazonFault]) -> bool:
    """Return whether a refusal to show an order says that there is none."""
    return any(_ABSENT.search(fault.message) for fault in faults)


def account_parameter(faults: Sequence[AmazonFault]) -> str:
    """Return the parameter at fault that belongs to the account and not to the order; empty if there is none."""
    named = (fault.parameter for fault in faults)
    return next((name for name in named if name.casefold() in _OF_THE_ACCOUNT), "")


def refusal_problems(faults: Sequence[AmazonFault], request: FulfillmentRequest) -> list[Problem]:
    """Return what the errors mean for an order; each problem once."""
    return list(dict.fromkeys(_problem(fault, request) for fault in faults))


def _problem(fault: AmazonFault, request: FulfillmentRequest) -> Problem:
    sku = _unknown_sku(fault, request)
    if sku:
        return Problem(
            ProblemKind.UNKNOWN_SKU,
            sku,
            f"Amazon has no item {sku} that the seller could ship.",
            "Make the item an FBA item in Seller Central, or correct the SKU in the store.",
        )
    hint = without_identity(" ".join(filter(None, (fault.message, fault.details))), request)
    subject = " ".join(filter(None, (fault.code, fault.parameter or hint)))
    return Problem(
        ProblemKind.REFUSED_BY_WAREHOUSE,
        subject,
        f"Amazon refuses the order: {fault.code}{f' ({hint})' if hint else ''}.",
        "Correct the order in the store, or look in Seller Central for what is wrong with it.",
    )


def _unknown_sku(fault: AmazonFault, request: FulfillmentRequest) -> str:
    """Return the SKU that Amazon refuses, as the order spells it; empty if the error is about something else."""
    found = _UNKNOWN_SKU.search(fault.message)
    if not found:
        return ""
    skus = dict(zip(item_ids(request.lines), (line.sku for line in request.lines), strict=True))
    return skus.get(found[1], "")


def _fault(error: Mapping[str, object]) -> AmazonFault:
    return AmazonFault(*(_text(error.get(name)) for name in ("code", "message", "details")))


def _text(value: object) -> str:
    return "" if value is None else strip_controls(str(value)).strip()[:_LONGEST_TEXT]
