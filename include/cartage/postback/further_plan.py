"""Plan packages beyond an order's first, where the lane does not want them in the first one's field. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from cartage.lanes.settings.post_back import FurtherPackages
from cartage.model.tracking_numbers import number_identity
from cartage.postback.store_groups import StoreGroup
from cartage.postback.store_reads import StoreOrder
from cartage.postback.tracking_texts import clean_number, names_number

_WHERE = {FurtherPackages.SHIPMENTS: "shipment", FurtherPackages.COMMENTS: "comment"}


@dataclass(frozen=True, slots=True)
class FurtherWrite:
    """One package's own shipment in the store: to be created (`store_shipment_id` None) or updated.

    An empty `tracking` removes its number. `found` is the store's shipment that is as it should be already.
    """

    package_id: int
    fulfillment_order_id: int
    store_shipment_id: int | None
    tracking: str
    carrier_method: str
    shipped_at: datetime | None
    ship_to: dict[str, Any]
    found: int | None = None

    @property
    def withdraws(self) -> bool:
        """Whether the number was voided."""
        return not self.tracking


@dataclass(frozen=True, slots=True)
class CommentWrite:
    """Lines for the order's internal comments; those that are there already are not added again."""

    fulfillment_order_id: int
    package_ids: tuple[int, ...]
    withdrawn_ids: tuple[int, ...]
    lines: tuple[str, ...]


def further_writes(
    group: StoreGroup,
    beyond: Sequence[dict[str, Any]],
    store: StoreOrder,
    own: Collection[int],
    mode: FurtherPackages,
) -> list[FurtherWrite]:
    """Return the writes of a group's packages that have, or are to have, a shipment of their own in the store.

    A creation that may still be under way (`unsettled`) is left to a later run, which finds it or knows that it
    failed. Of packages with one number, each beyond the first waits until the store shows it.
    """
    writes, planned = [], set[str]()
    for package in beyond:
        number, mine = clean_number(package["tracking"]), package["store_shipment_id"]
        if mine is None and package["posted_in"] not in (None, "shipment"):
            continue
        found = mine if mine is not None else _named_in(store, [number, *package["former"]], own)
        if found is None and package["tracking"] in group.unsettled:
            continue
        if package["voided"]:
            if package["intended"]:
                # An earlier write may have removed it, though its response was lost.
                gone = found is not None and not store.tracking.get(found, number).strip()
                writes.append(_further(group, package, found, "", found if gone else None))
        elif not package["posted"] and "shipment" in (package["posted_in"], _WHERE.get(mode)):
            if found is None and number_identity(number) in planned:
                continue
            planned.add(number_identity(number))
            there = found is not None and names_number(store.tracking.get(found, ""), number)
            writes.append(_further(group, package, found, number, found if there else None))
    return writes


def comment_write(
    groups: Sequence[tuple[StoreGroup, Sequence[dict[str, Any]]]], mode: FurtherPackages
) -> CommentWrite | None:
    """Return the one write of an order's internal comments, for the packages of all its groups.

    Where several warehouses fill a group, each number says from which it comes, and what is in the package if the
    warehouse said so.
    """
    posted: list[tuple[StoreGroup, dict[str, Any]]] = []
    for group, beyond in groups:
        for package in beyond:
            if package["store_shipment_id"] is not None or package["posted_in"] == "shipment":
                continue
            here = package["posted_in"] == "comment"
            withdraw = package["voided"] and package["intended"] and here
            add = (
                not package["voided"] and not package["posted"] and (here or mode is FurtherPackages.COMMENTS)
            )
            if withdraw or add:
                posted.append((group, package))
    if not posted:
        return None
    return CommentWrite(
        fulfillment_order_id=posted[0][0].id,
        package_ids=tuple(package["id"] for _, package in posted if not package["voided"]),
        withdrawn_ids=tuple(package["id"] for _, package in posted if package["voided"]),
        lines=tuple(
            dict.fromkeys(
                line for group, package in posted for line in _lines(package, _origin(group, package))
            )
        ),
    )


def _further(
    group: StoreGroup,
    package: dict[str, Any],
    store_shipment_id: int | None,
    tracking: str,
    found: int | None = None,
) -> FurtherWrite:
    method = " - ".join(part for part in (package["carrier"], package["service"]) if part)
    shipped_at = datetime.fromisoformat(package["shipped_at"]) if package["shipped_at"] else None
    return FurtherWrite(
        package["id"], group.id, store_shipment_id, tracking, method, shipped_at, group.ship_to, found
    )


def _named_in(store: StoreOrder, numbers: Sequence[str], own: Collection[int]) -> int | None:
    """Return the store's shipment, apart from the order's own ship groups, that names one of these numbers."""
    for shipment_id, field in store.tracking.items():
        if shipment_id not in own and any(names_number(field, number) for number in numbers):
            return shipment_id
    return None


def _origin(group: StoreGroup, package: dict[str, Any]) -> str:
    """Return from which of several warehouses a package comes, and its contents; empty where there is only one."""
    warehouse = group.warehouses.get(package["part"])
    if not warehouse:
        return ""
    contents = ", ".join(
        f"{Decimal(content['quantity']).normalize():f} {content['sku']}"
        for content in package["contents"] or ()
    )
    return f" from {warehouse}" + (f": {contents}" if contents else "")


def _lines(package: dict[str, Any], origin: str) -> list[str]:
    number = clean_number(package["tracking"])
    if package["voided"]:
        return [f"Tracking {number} is void"]
    carrier = f" ({package['carrier']})" if package["carrier"] else ""
    # A corrected number is declared void before the new one is named.
    return [
        *(f"Tracking {clean_number(old)} is void" for old in package["former"]),
        f"Tracking {number}{carrier}{origin}",
    ]


def with_lines(comments: str, lines: Sequence[str]) -> str:
    """Return the comments with these lines appended; unchanged if they hold each of them already."""
    there = {line.strip() for line in comments.splitlines()}
    missing = [line for line in lines if line not in there]
    return "\r\n".join(filter(None, (comments.rstrip("\r\n"), *missing))) if missing else comments
