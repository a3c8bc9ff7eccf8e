"""What a warehouse answered, made fit to be kept with the attempt: cut to size, without secrets and card data.

Personal data stays in it, as it does in what was sent; the two go together when their retention ends.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any

from cartage.errors import RawResponse
from cartage.redaction import redact_secrets
from cartage.warehouses.contract import RemoteOrder

# Characters: an order of some dozen lines, as warehouses repeat it, is whole.
MOST_KEPT = 16_000
# So much further a text is searched, lest half a secret stay where it is cut.
_MARGIN = 2_000
# Of an order that was split more often than that, the first are enough to see what became of it.
_MOST_ORDERS = 20


def fit_to_keep(response: RawResponse, secrets: Collection[str]) -> RawResponse:
    """The answer as the ledger keeps it; one that was cut says how long it was."""
    body = redact_secrets(response.body[: MOST_KEPT + _MARGIN], secrets)[:MOST_KEPT]
    if len(response.body) > MOST_KEPT:
        body += f"\n[cut here; {len(response.body):,} characters came]"
    return RawResponse(response.status, body)


def orders_to_keep(found: Sequence[RemoteOrder], secrets: Collection[str]) -> list[dict[str, Any]]:
    """Orders as the warehouse showed them, as the ledger keeps them."""
    return [_fit(asdict(one), secrets) for one in found[:_MOST_ORDERS]]


def _fit(value: Any, secrets: Collection[str]) -> Any:
    if isinstance(value, str):
        return redact_secrets(value, secrets)[:MOST_KEPT]
    if isinstance(value, dict):
        return {name: _fit(one, secrets) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_fit(one, secrets) for one in value]
    return value
