"""API access: the store's credentials, what they can read, and whether they can write. Changes nothing in the store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from cartage.errors import AuthFailed, PermissionDenied, SettingsError
from cartage.postback.repo.post_backs import last_write_taken
from cartage.preflight.findings import (
    FindingKind,
    PreflightFinding,
    failure_text,
    mistake,
    ok,
    unknown,
    warning,
)
from cartage.preflight.world import PreflightWorld
from cartage.storefront.query import OrderQuery

if TYPE_CHECKING:
    from cartage.runtime.context import StageContext
    from cartage.storefront import StoreClient

TITLE = "API access"
_GRANT = "Grant the app read permission for it in 3dcart (Modules > REST API), or ask the person who set up the app."


def check(world: PreflightWorld) -> Iterator[PreflightFinding]:
    """Check that each service that Cartage needs can be read, and that orders can be written.

    Raises:
        RemoteError: if the store cannot be asked.
    """
    context = world.context
    try:
        store = context.store
    except SettingsError as failure:
        what, fix = failure_text(failure)
        yield mistake(FindingKind.CREDENTIALS, f"connection {context.lane.store.connection!r}", what, fix)
        return
    read = {thing: _try_read(check_read) for thing, check_read in _reads(context, store).items()}
    refused = [response for response in read.values() if not isinstance(response, str)]
    if len(refused) == len(read):
        what, fix = failure_text(refused[0])
        yield mistake(FindingKind.CREDENTIALS, f"connection {context.lane.store.connection!r}", what, fix)
        return
    yield from (_read_finding(thing, response) for thing, response in read.items())
    if isinstance(read["orders"], str):
        yield _write_finding(context, store)


def _reads(context: StageContext, store: StoreClient) -> dict[str, Callable[[], str]]:
    """Return a call for each service to read, which returns what it found. Only the store settings are optional."""
    zone = context.lane.store.zone()
    return {
        "orders": lambda: f"{store.count_orders(OrderQuery(zone))} orders, carts included",
        "order statuses": lambda: f"{len(store.order_statuses())} order statuses",
        "products": lambda: f"{store.count_products()} products",
        "store settings": lambda: f"the store's name is {store.store_settings().name!r}",
    }


def _try_read(check_read: Callable[[], str]) -> str | AuthFailed | PermissionDenied:
    try:
        return check_read()
    except (AuthFailed, PermissionDenied) as failure:
        return failure


def _read_finding(thing: str, response: str | AuthFailed | PermissionDenied) -> PreflightFinding:
    if isinstance(response, str):
        return ok(f"read {thing}", f"{response}.")
    what = f"the store does not let this app read it (HTTP {response.status})"
    if thing == "store settings":
        return warning(
            FindingKind.READ_REFUSED, f"read {thing}", f"{what}; its time zone cannot be compared", _GRANT
        )
    return mistake(FindingKind.READ_REFUSED, f"read {thing}", what, _GRANT)


def _write_finding(context: StageContext, store: StoreClient) -> PreflightFinding:
    """Check that orders can be written: by an update that names no order, or by earlier writes in the ledger."""
    thing = "write orders"
    accepted = store.try_write("/Orders") if context.lane.preflight.write_check else None
    if accepted:
        return ok(thing, "The store accepted an update that names no order.")
    if accepted is None:
        return _by_earlier_writes(context, thing)
    what = "the store does not let this app write orders: neither Processing nor tracking could be posted"
    fix = "Grant the app write permission for orders in 3dcart (Modules > REST API)."
    return mistake(FindingKind.WRITE_REFUSED, thing, what, fix)


def _by_earlier_writes(context: StageContext, thing: str) -> PreflightFinding:
    with context.ledger.begin() as connection:
        accepted_at = last_write_taken(connection, context.lane.name)
    if accepted_at:
        return ok(thing, f"The store accepted a write of this lane on {accepted_at:%Y-%m-%d %H:%M} UTC.")
    tried = context.lane.preflight.write_check
    why = (
        "an empty update was refused for its content, not for missing rights" if tried else "it was not tried"
    )
    fix = "Check in 3dcart (Modules > REST API) that the app may write orders. The first write will prove it."
    return unknown(FindingKind.WRITE_UNPROVEN, thing, f"the ledger has no write of this lane, and {why}", fix)
