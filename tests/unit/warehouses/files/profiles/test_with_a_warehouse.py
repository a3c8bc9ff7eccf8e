"""The sandbox's warehouse, written from the references alone, and the built-in profiles read each other's files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from cartage.warehouses.documents import AcceptedOrder, InboundDocument, RejectedOrder
from cartage.warehouses.files.profiles.csv_format import CsvFormat
from cartage.warehouses.files.profiles.library import open_profile
from cartage_sandbox.files.csvs.layouts import DSFX, PLAIN, CsvLayout
from cartage_sandbox.files.csvs.reading import read_orders
from cartage_sandbox.files.csvs.writing import acknowledgement_file, inventory_file, shipments_file
from cartage_sandbox.files.orders import SentPackage, SentShipment, TakenOrder, WantedLine, WantedOrder
from tests.unit.warehouses.files.profiles.conftest import AT
from tests.unit.warehouses.files.profiles.test_writing import ORDER

_ORDER = replace(ORDER, lines=(ORDER.lines[0], replace(ORDER.lines[1], quantity=Decimal(3))))
_SECOND = replace(_ORDER, reference="A3K_31883_0", lines=_ORDER.lines[:1])
_PROFILES = [("dsfx", DSFX), ("dsfx_v1", DSFX), ("dsfx_v3", DSFX), ("plain", PLAIN)]
_SHIPPED = TakenOrder("W1", WantedOrder("A3K_31882_0", (WantedLine("71", "MUG", 3),)), "ord_1.csv", AT)
_AT = datetime(2026, 11, 3, 8, tzinfo=UTC)


def _shipment(*packages: tuple[str, Mapping[str, int]], complete: bool = False) -> SentShipment:
    sent = tuple(SentPackage(tracking, "UPS", "Ground", contents) for tracking, contents in packages)
    return SentShipment("S1", _SHIPPED, sent, _AT, complete)


@pytest.mark.parametrize(("name", "layout"), _PROFILES, ids=[name for name, _ in _PROFILES])
def test_the_warehouse_takes_our_orders(name: str, layout: CsvLayout) -> None:
    document = CsvFormat(open_profile(name)).write((_ORDER, _SECOND), 7, AT)
    first, second = read_orders(document.content, layout)
    assert (first.reference, second.reference) == document.references
    assert [(line.sku, line.quantity) for line in first.lines] == [("13358A", 16), ("00042", 3)]
    assert [(line.sku, line.quantity) for line in second.lines] == [("13358A", 16)]
    assert (first.po_number, first.notes) == ("AB-1000", "" if name == "dsfx_v1" else "Gate code 1")
    assert first.ship_method == ("UPS Ground" if name == "plain" else "Ground")
    expected = {"address1": "5050 Road N", "city": "Waterloo", "state": "ON", "zip": "01234", "country": "CA"}
    assert expected.items() <= first.ship_to.items()
    assert first.ship_to["name"] == ('Joan "Jo" Harry' if name == "plain" else "Acme, Inc.")
    assert first.ship_to.get("email", "") == ("" if name == "dsfx_v1" else "jo@example.com")


_BOTH = pytest.mark.parametrize(
    ("name", "layout", "prefix"),
    [("dsfx", DSFX, "shp"), ("plain", PLAIN, "shipments")],
    ids=["dsfx", "plain"],
)


@_BOTH
@pytest.mark.parametrize("separator", ["", "|", ";"])
def test_we_read_its_confirmations(name: str, layout: CsvLayout, prefix: str, separator: str) -> None:
    layout = layout.changed({"tracking_separator": separator})
    content = shipments_file(
        [_shipment(("1Z1", {"MUG": 2}), ("1Z2", {"MUG": 1, "TEA": 4}), complete=True)], layout
    )
    found = CsvFormat(open_profile(name)).read(InboundDocument(f"/out/{prefix}_1_261103.csv", content))
    assert (found.quarantined, found.unreadable) == ((), ())
    assert {shipment.reference for shipment in found.shipments} == {"A3K_31882_0"}
    packages = [package for shipment in found.shipments for package in shipment.packages]
    assert sorted(package.tracking for package in packages) == ["1Z1", "1Z2"]
    shipped: dict[str, Decimal] = {}
    for shipment in found.shipments:
        for line in shipment.lines:
            shipped[line.sku] = shipped.get(line.sku, Decimal(0)) + line.quantity
    assert shipped == {"MUG": 3, "TEA": 4}
    assert {shipment.shipped_at for shipment in found.shipments} == {_AT}
    # Only the plain layout says whether more follows.
    assert {shipment.final for shipment in found.shipments} == {name == "plain"}


@pytest.mark.parametrize(
    ("name", "layout", "file"),
    [("dsfx", DSFX, "inv_1_261103080000.csv"), ("plain", PLAIN, "inventory_1.csv")],
)
def test_we_read_its_inventory(name: str, layout: CsvLayout, file: str) -> None:
    rows = [
        {"sku": "MUG", "available": "5", "on_hand": "7"},
        {"sku": "TEA", "available": "0", "on_hand": "0"},
    ]
    found = CsvFormat(open_profile(name)).read(InboundDocument(f"/out/{file}", inventory_file(rows, layout)))
    levels = {level.sku: (int(level.available), int(level.on_hand)) for level in found.stock}
    assert levels == {"MUG": (5, 7), "TEA": (0, 0)}
    assert found.stock_full


@pytest.mark.parametrize(
    ("name", "layout", "file"), [("dsfx", DSFX, "ack_1.csv"), ("plain", PLAIN, "acknowledgements_1.csv")]
)
def test_we_read_its_acknowledgements(name: str, layout: CsvLayout, file: str) -> None:
    rows = [
        {"reference": "A", "status": "ACCEPTED", "number": "W1"},
        {"reference": "B", "status": "REJECTED", "message": "no such SKU"},
    ]
    document = InboundDocument(f"/out/{file}", acknowledgement_file(rows, layout))
    found = CsvFormat(open_profile(name)).read(document)
    assert found.accepted == (AcceptedOrder("A", "W1"),)
    assert found.rejected == (RejectedOrder("B", "no such SKU"),)
