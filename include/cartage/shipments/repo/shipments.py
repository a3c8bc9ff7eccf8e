"""Shipments and packages as the warehouse reports them: stored where they changed, marked where they were voided.

A change makes its shipment unchecked: `repo.quantities` finds its order, and the quantity check moves it.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, func, select, text, update

from cartage.db.schema import package, shipment
from cartage.model.orders import Package, PackageContent, Shipment
from cartage.model.packages import KnownPackage, read_packages, renamed_packages
from cartage.warehouses.contract import RemoteOrder
from cartage.warehouses.references import base_reference, possible_parents

# Our orders are found by their reference. Adopted ones by the old system's, which may itself end like a split's: the
# longest that is known counts. Any order by the warehouse's number, where somebody there changed the reference.
# What did not change since it was last read is not written: a poll's overlap costs reads only.
_SHIPMENTS = text(
    """
    INSERT INTO shipment (lane, warehouse, key, fulfillment_order_id, remote_id, reference, shipped_at, voided, final,
        lines, names, digest)
    SELECT :lane, :warehouse, w.key,
           coalesce(
               (SELECT f.id FROM fulfillment_order f WHERE f.reference = w.base AND f.lane = :lane
                  AND f.warehouse = :warehouse),
               (SELECT f.id FROM fulfillment_order f
                WHERE f.lane = :lane AND f.warehouse = :warehouse AND lower(f.adopted_as) = ANY(w.names)
                  AND f.adopted_as IS NOT NULL
                  AND f.superseded_at IS NULL
                ORDER BY length(f.adopted_as) DESC LIMIT 1),
               (SELECT f.id FROM fulfillment_order f
                WHERE f.lane = :lane AND f.warehouse = :warehouse AND f.remote_id = w.remote_id
                  AND f.superseded_at IS NULL
                ORDER BY f.id DESC LIMIT 1)),
           w.remote_id, w.reference, w.shipped_at, w.voided, w.final, w.lines, w.names, w.digest
    FROM jsonb_to_recordset(CAST(:shipments AS jsonb)) AS w(
        key text, remote_id text, reference text, base text, names text[], shipped_at timestamptz, voided boolean,
        final boolean, lines jsonb, digest text)
    ORDER BY w.key
    ON CONFLICT (lane, warehouse, key) DO UPDATE SET
        fulfillment_order_id = coalesce(excluded.fulfillment_order_id, shipment.fulfillment_order_id),
        reference = excluded.reference, shipped_at = excluded.shipped_at, voided = excluded.voided,
        final = excluded.final, lines = excluded.lines, names = excluded.names, digest = excluded.digest,
        checked_at = NULL
    WHERE (shipment.digest, shipment.voided, shipment.final)
        IS DISTINCT FROM (excluded.digest, excluded.voided, excluded.final)
    RETURNING id, key, fulfillment_order_id, voided, xmax = 0 AS new
    """
)

_PACKAGES = text(
    """
    INSERT INTO package (shipment_id, key, position, tracking, carrier, service, contents, carrier_at)
    SELECT w.shipment_id, w.key, w.position, w.tracking, w.carrier, w.service, coalesce(w.contents, 'null'),
           w.carrier_at
    FROM jsonb_to_recordset(CAST(:packages AS jsonb)) AS w(
        shipment_id bigint, key text, position int, tracking text, carrier text, service text, contents jsonb,
        carrier_at timestamptz)
    ORDER BY w.shipment_id, w.key
    ON CONFLICT (shipment_id, key) DO UPDATE SET
        position = excluded.position, tracking = excluded.tracking, carrier = excluded.carrier,
        service = excluded.service, contents = excluded.contents, voided_at = NULL,
        carrier_at = coalesce(excluded.carrier_at, package.carrier_at),
        former = CASE WHEN package.tracking IN (excluded.tracking, '') THEN package.former
            ELSE package.former || package.tracking END,
        posted_at = CASE WHEN package.tracking = excluded.tracking THEN package.posted_at END,
        unfit_at = CASE WHEN package.tracking = excluded.tracking THEN package.unfit_at END
    RETURNING shipment_id, xmax = 0 AS new
    """
)

# A package that its shipment no longer has, or whose shipment is gone, was voided.
_VOID = text(
    """
    WITH voided AS (
        UPDATE package p SET voided_at = clock_timestamp()
        FROM jsonb_to_recordset(CAST(:kept AS jsonb)) AS k(shipment_id bigint, keys jsonb)
        WHERE p.shipment_id = k.shipment_id AND p.voided_at IS NULL AND NOT k.keys ? p.key
        RETURNING p.shipment_id, p.tracking, p.intended_at IS NOT NULL AS posted
    )
    SELECT h.fulfillment_order_id, v.shipment_id, v.tracking, v.posted
    FROM voided v JOIN shipment h ON h.id = v.shipment_id WHERE v.tracking <> ''
    ORDER BY v.shipment_id, v.tracking
    """
)

_TAKE_BACK = text(
    """
    UPDATE shipment SET voided = true, checked_at = NULL
    WHERE lane = :lane AND warehouse = :warehouse AND key = ANY(:keys) AND NOT voided
    RETURNING id, fulfillment_order_id
    """
)

# Whether more is to ship concerns an order as a whole: the last page's value counts for all its shipments.
_SPREAD = text(
    """
    UPDATE shipment h SET final = s.final, checked_at = NULL
    FROM (
        SELECT fulfillment_order_id, bool_and(final) AS final FROM shipment
        WHERE id = ANY(:ids) AND NOT voided AND fulfillment_order_id IS NOT NULL GROUP BY 1
    ) s
    WHERE h.fulfillment_order_id = s.fulfillment_order_id AND h.final <> s.final AND NOT h.voided
    """
)

_RENAME = text(
    """
    UPDATE package p SET key = r.key
    FROM jsonb_to_recordset(CAST(:renamed AS jsonb)) AS r(id bigint, key text) WHERE p.id = r.id
    """
)

_ACKNOWLEDGED = text(
    """
    SELECT id, sales_order_id, state, cancel_wanted_at IS NOT NULL AS cancel_wanted, remote_id,
           coalesce(adopted_as, reference) AS known_as
    FROM fulfillment_order
    WHERE lane = :lane AND warehouse = :warehouse
      AND state IN ('acknowledged', 'partially_shipped', 'shipped') AND superseded_at IS NULL
      AND id IN (
          SELECT id FROM fulfillment_order WHERE reference = ANY(:own)
          UNION ALL
          SELECT id FROM fulfillment_order WHERE lane = :lane AND lower(adopted_as) = ANY(:adopted)
            AND adopted_as IS NOT NULL AND superseded_at IS NULL
          UNION ALL
          SELECT id FROM fulfillment_order WHERE lane = :lane AND remote_id = ANY(:remote_ids)
            AND superseded_at IS NULL)
    ORDER BY id
    """
)


@dataclass(frozen=True, slots=True)
class Voided:
    """The numbers that the warehouse voided in one shipment, with its fulfillment order, or None if it matches none.

    `posted` are those that the store got, or may have got; `replaced` says that as many others came in their place.
    """

    fulfillment_order_id: int | None
    numbers: tuple[str, ...]
    posted: tuple[str, ...]
    replaced: bool


@dataclass(frozen=True, slots=True)
class Stored:
    """What a page of shipments changed."""

    shipments: int = 0
    packages: int = 0
    unmatched: int = 0
    voided: tuple[Voided, ...] = ()


def store_page(
    connection: Connection,
    lane: str,
    shipments: Sequence[Shipment],
    unshipped: Sequence[str] = (),
    warehouse: str = "",
) -> Stored:
    """Store what a page changes; the same page again changes nothing. A shipment that matches no order is kept.

    `unshipped` are keys under which there is no shipment, or no longer one.
    """
    unique = {
        shipment.key: replace(shipment, packages=tuple(read_packages(shipment.packages)))
        for shipment in shipments
    }
    rows = json.dumps([_shipment_row(shipment) for shipment in unique.values()])
    place = {"lane": lane, "warehouse": warehouse}
    changed = connection.execute(_SHIPMENTS, {**place, "shipments": rows}).all() if unique else []
    taken_back = _take_back(connection, place, unshipped)
    if not changed and not taken_back:
        return Stored()
    connection.execute(_SPREAD, {"ids": [row.id for row in changed]})
    packages = _packages_of(connection, {row.id: unique[row.key] for row in changed})
    new = _new_packages(connection, packages)
    kept: dict[int, list[str]] = {row.id: [] for row in (*changed, *taken_back)}
    for reported in packages:
        kept[reported["shipment_id"]].append(reported["key"])
    return Stored(
        shipments=sum(row.new for row in changed),
        packages=new.total(),
        unmatched=sum(row.new and row.fulfillment_order_id is None for row in changed),
        voided=_void(connection, kept, new),
    )


def cancel_candidates(
    connection: Connection, lane: str, orders: Sequence[RemoteOrder], warehouse: str = ""
) -> Sequence[Row[Any]]:
    """Return the fulfillment orders at the warehouse to which these cancelled ones belong.

    They belong to it by reference, or by the warehouse's own number, where somebody there changed the reference.
    Rows of id, sales_order_id, state, cancel_wanted, remote_id, and known_as: the order's reference at the warehouse,
    ours or the old system's.
    """
    names = {
        "own": sorted({base_reference(order.reference) for order in orders}),
        "adopted": sorted({name for order in orders for name in _names(order.reference)}),
        "remote_ids": sorted({order.remote_id for order in orders}),
    }
    return connection.execute(_ACKNOWLEDGED, {"lane": lane, "warehouse": warehouse, **names}).all()


def mark_final(connection: Connection, fulfillment_order_id: int) -> None:
    """Record that nothing more is to ship of an order: what was open was cancelled."""
    columns = shipment.c
    still_open = ~columns.voided, ~columns.final
    statement = update(shipment).where(columns.fulfillment_order_id == fulfillment_order_id, *still_open)
    connection.execute(statement.values(final=True, checked_at=None))


def _take_back(connection: Connection, place: dict[str, str], keys: Sequence[str]) -> Sequence[Row[Any]]:
    if not keys:
        return []
    rows = connection.execute(_TAKE_BACK, {**place, "keys": list(keys)}).all()
    # What was opened again is to ship again.
    columns = shipment.c
    ids = [row.fulfillment_order_id for row in rows if row.fulfillment_order_id is not None]
    statement = update(shipment).where(columns.fulfillment_order_id.in_(ids), ~columns.voided, columns.final)
    connection.execute(statement.values(final=False, checked_at=None))
    return rows


def _packages_of(connection: Connection, shipments: Mapping[int, Shipment]) -> list[dict[str, Any]]:
    """Return the rows of the packages that these shipments have now; give renamed packages their new keys.

    A shipment without any package (a pickup, a pallet) must still be posted: it gets one package without a number.
    One that had a number does not: its label was voided, and it waits for another.
    """
    known = _known_packages(connection, list(shipments))
    renamed = {
        package_id: key
        for row_id, shipment in shipments.items()
        for package_id, key in renamed_packages(known.get(row_id, ()), shipment.packages).items()
    }
    if renamed:
        rows = json.dumps([{"id": package_id, "key": key} for package_id, key in renamed.items()])
        connection.execute(_RENAME, {"renamed": rows})
    return [
        _package_row(row_id, package, position)
        for row_id, shipment in shipments.items()
        if not shipment.voided
        for position, package in enumerate(_packages(shipment, known.get(row_id, ())))
    ]


def _known_packages(connection: Connection, shipment_ids: Sequence[int]) -> dict[int, list[KnownPackage]]:
    """Return what the ledger has of these shipments' packages, by shipment."""
    row = package.c
    query = select(
        row.shipment_id,
        row.id,
        row.key,
        row.tracking,
        row.voided_at.is_not(None).label("voided"),
        (func.cardinality(row.former) > 0).label("had_number"),
    ).where(row.shipment_id.in_(shipment_ids))
    known: dict[int, list[KnownPackage]] = {}
    for found in connection.execute(query):
        had_number = bool(found.tracking) or found.had_number
        known.setdefault(found.shipment_id, []).append(
            KnownPackage(found.id, found.key, found.tracking, found.voided, had_number)
        )
    return known


def _packages(shipment: Shipment, known: Sequence[KnownPackage]) -> Sequence[Package]:
    if shipment.packages or any(found.had_number for found in known):
        return shipment.packages
    return [Package(key=shipment.key, tracking="")]


def _new_packages(connection: Connection, packages: Sequence[dict[str, Any]]) -> Counter[int]:
    """Store packages; return how many of each shipment are new."""
    if not packages:
        return Counter()
    stored = connection.execute(_PACKAGES, {"packages": json.dumps(packages)})
    return Counter(row.shipment_id for row in stored if row.new)


def _void(connection: Connection, kept: Mapping[int, Sequence[str]], new: Counter[int]) -> tuple[Voided, ...]:
    rows = json.dumps([{"shipment_id": row_id, "keys": list(keys)} for row_id, keys in kept.items()])
    gone: dict[int, list[Row[Any]]] = {}
    for row in connection.execute(_VOID, {"kept": rows}):
        gone.setdefault(row.shipment_id, []).append(row)
    return tuple(
        Voided(
            fulfillment_order_id=rows_[0].fulfillment_order_id,
            numbers=tuple(row.tracking for row in rows_),
            posted=tuple(row.tracking for row in rows_ if row.posted),
            replaced=new[shipment_id] >= len(rows_),
        )
        for shipment_id, rows_ in gone.items()
    )


def _names(reference: str) -> tuple[str, ...]:
    return tuple(name.lower() for name in possible_parents(reference))


def _shipment_row(shipment: Shipment) -> dict[str, Any]:
    document = {
        "key": shipment.key,
        "remote_id": shipment.remote_id,
        "reference": shipment.reference,
        "base": base_reference(shipment.reference),
        "names": _names(shipment.reference),
        "shipped_at": shipment.shipped_at.isoformat() if shipment.shipped_at else None,
        "voided": shipment.voided,
        "lines": _contents(shipment.lines),
    }
    packages = [_package_row(0, package, place) for place, package in enumerate(shipment.packages)]
    digest = hashlib.sha256(json.dumps([document, packages], sort_keys=True).encode()).hexdigest()
    return {**document, "final": shipment.final, "digest": digest}


def _package_row(shipment_id: int, package: Package, position: int) -> dict[str, Any]:
    return {
        "shipment_id": shipment_id,
        "key": package.key,
        "position": position,
        "tracking": package.tracking,
        "carrier": package.carrier,
        "service": package.service,
        "contents": None if package.contents is None else _contents(package.contents),
        "carrier_at": package.carrier_at.isoformat() if package.carrier_at else None,
    }


def _contents(contents: Sequence[PackageContent]) -> list[dict[str, Any]]:
    return [
        {"sku": content.sku, "quantity": str(content.quantity), "line_id": content.line_id}
        for content in contents
    ]
