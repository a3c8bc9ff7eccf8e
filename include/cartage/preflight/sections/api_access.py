"""API access: the store's credentials, what they may read, and whether they may write. Changes nothing in the store."""

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
_GRANT = "Grant the app read permission for it in 3dcart (Modules > REST API), or ask whoever set the app up."


def check(world: PreflightWorld) -> Iterator[PreflightFinding]:
    """Each service that Cartage needs can be read, and orders can be written.

    Raises:
        RemoteError: if the store could not be asked.
    """
    context = world.context
    try:
        store = context.store
    except SettingsError as failure:
        what, fix = failure_text(failure)
        yield mistake(FindingKind.CREDENTIALS, f"connection {context.lane.store.connection!r}", what, fix)
        return
    read = {thing: _read(look) for thing, look in _reads(context, store).items()}
    refused = [response for response in read.values() if not isinstance(response, str)]
    if len(refused) == len(read):
        what, fix = failure_text(refused[0])
        yield mistake(FindingKind.CREDENTIALS, f"connection {context.lane.store.connection!r}", what, fix)
        return
    yield from (_said(thing, response) for thing, response in read.items())
    if isinstance(read["orders"], str):
        yield _writes(context, store)


def _reads(context: StageContext, store: StoreClient) -> dict[str, Callable[[], str]]:
    """What is read, a call each, and what it says. Only the store's settings can be done without."""
    zone = context.lane.store.zone()
    return {
        "orders": lambda: f"{store.count_orders(OrderQuery(zone))} orders, carts among them",
        "order statuses": lambda: f"{len(store.order_statuses())} order statuses",
        "products": lambda: f"{store.count_products()} products",
        "store settings": lambda: f"the store calls itself {store.store_settings().name!r}",
    }


def _read(look: Callable[[], str]) -> str | AuthFailed | PermissionDenied:
    try:
        return look()
    except (AuthFailed, PermissionDenied) as failure:
        return failure


def _said(thing: str, response: str | AuthFailed | PermissionDenied) -> PreflightFinding:
    if isinstance(response, str):
        return ok(f"read {thing}", f"{response}.")
    what = f"the store does not let this app read it (HTTP {response.status})"
    if thing == "store settings":
        return warning(
            FindingKind.READ_REFUSED, f"read {thing}", f"{what}; its time zone cannot be compared", _GRANT
        )
    return mistake(FindingKind.READ_REFUSED, f"read {thing}", what, _GRANT)


def _writes(context: StageContext, store: StoreClient) -> PreflightFinding:
    """Orders can be written: by an update that names no order, or by what the ledger knows of earlier writes."""
    thing = "write orders"
    taken = store.try_write("/Orders") if context.lane.preflight.write_check else None
    if taken:
        return ok(thing, "The store took an update that names no order.")
    if taken is None:
        return _by_evidence(context, thing)
    what = "the store does not let this app write orders: neither Processing nor tracking would get there"
    fix = "Grant the app write permission for orders in 3dcart (Modules > REST API)."
    return mistake(FindingKind.WRITE_REFUSED, thing, what, fix)


def _by_evidence(context: StageContext, thing: str) -> PreflightFinding:
    with context.ledger.begin() as connection:
        taken_at = last_write_taken(connection, context.lane.name)
    if taken_at:
        return ok(thing, f"The store took a write of this lane on {taken_at:%Y-%m-%d %H:%M} UTC.")
    tried = context.lane.preflight.write_check
    why = (
        "an empty update was refused for its content, not for a lack of rights"
        if tried
        else "it was not tried"
    )
    fix = "See in 3dcart (Modules > REST API) that the app may write orders. The first write will prove it."
    return unknown(FindingKind.WRITE_UNPROVEN, thing, f"no write of this lane is on record, and {why}", fix)
