"""Make a warehouse's response fit to be kept with the attempt: cut to size, without secrets and card data.

Personal data stays in it, as it does in the request that is kept; retention deletes both together.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any

from cartage.errors import RawResponse
from cartage.redaction import redact_secrets
from cartage.warehouses.contract import RemoteOrder

# Characters. Warehouses repeat the order, and an order of some dozen lines fits.
MOST_KEPT = 16_000
# Redact this much more, so that no part of a secret stays where the text is cut.
_MARGIN = 2_000
# The first parts of an order that was split more often than that are enough to see what became of it.
_MOST_ORDERS = 20


def fit_to_keep(response: RawResponse, secrets: Collection[str]) -> RawResponse:
    """Return the response as the ledger keeps it; one that was cut says how long it was."""
    body = redact_secrets(response.body[: MOST_KEPT + _MARGIN], secrets)[:MOST_KEPT]
    if len(response.body) > MOST_KEPT:
        body += f"\n[cut here; the response had {len(response.body):,} characters]"
    return RawResponse(response.status, body)


def orders_to_keep(found: Sequence[RemoteOrder], secrets: Collection[str]) -> list[dict[str, Any]]:
    """Return orders of the warehouse as the ledger keeps them."""
    return [_redacted(asdict(order), secrets) for order in found[:_MOST_ORDERS]]


def _redacted(value: Any, secrets: Collection[str]) -> Any:
    if isinstance(value, str):
        return redact_secrets(value, secrets)[:MOST_KEPT]
    if isinstance(value, dict):
        return {name: _redacted(field, secrets) for name, field in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(element, secrets) for element in value]
    return value
