"""Look up what a lane's settings name at Extensiv: the account, the customer, the facility.

Reads only. What the credentials may not list is reported as unknown, not as correct.
"""

from __future__ import annotations

from collections.abc import Iterator

from cartage.errors import AuthFailed, MalformedResponse, NotFound, PermissionDenied, Refused
from cartage.warehouses.contract import Inspected
from cartage.warehouses.extensiv import wire
from cartage.warehouses.extensiv.client import ExtensivClient
from cartage.warehouses.extensiv.settings import ExtensivSettings

_FACILITIES_PAGE = 100
_ASK = "Ask the 3PL for the id, and set {} to it in the lane's warehouse settings."


def inspect(client: ExtensivClient, settings: ExtensivSettings, items_path: str) -> Iterator[Inspected]:
    """Sign in, and look up the customer and the facility. Stop if the sign-in fails.

    Raises:
        RemoteError: if Extensiv could not be reached.
    """
    customer = f"customer {settings.customer_id}"
    try:
        _, items = client.page(items_path, wire.Item, number=1, size=1, params={})
    except AuthFailed as failure:
        yield Inspected("sign-in", ok=False, text=failure.what, fix=failure.fix)
        return
    except NotFound:
        yield Inspected("sign-in", ok=True, text="Signed in.")
        yield Inspected(
            customer, ok=False, text="the account has no such customer", fix=_ASK.format("customer_id")
        )
    except PermissionDenied as failure:
        yield Inspected("sign-in", ok=True, text="Signed in.")
        yield Inspected(customer, ok=False, text=failure.what, fix=failure.fix)
    else:
        yield Inspected("sign-in", ok=True, text="Signed in.")
        yield Inspected(customer, ok=True, text=f"It has {items} items.")
    yield _facility(client, settings)


def _facility(client: ExtensivClient, settings: ExtensivSettings) -> Inspected:
    """Look up the facility in the account's list. UNVERIFIED: no public document describes that list."""
    thing = f"facility {settings.facility_id}"
    try:
        pages = client.pages("/properties/facilities", wire.Facility, size=_FACILITIES_PAGE, params={})
        named = {facility.facility_id: facility.name for page in pages for facility in page}
    except (PermissionDenied, NotFound, Refused, MalformedResponse) as failure:
        text = f"the account does not list its facilities ({failure.what})"
        return Inspected(
            thing, ok=None, text=text, fix="Ask the 3PL whether this is the facility that ships."
        )
    if str(settings.facility_id) in named:
        return Inspected(thing, ok=True, text=f"It is called {named[str(settings.facility_id)]!r}.")
    known = ", ".join(f"{number} ({name})" for number, name in sorted(named.items())) or "none"
    text = f"the account has no such facility; it has {known}"
    return Inspected(thing, ok=False, text=text, fix=_ASK.format("facility_id"))
