"""What Cartage writes, the sandbox takes; what the sandbox writes, Cartage reads: CSV and X12 over SFTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cartage.model.orders import Address, FulfillmentRequest, RequestLine, ShipMethod
from cartage.model.stock import MovementKind
from cartage.warehouses.documents import DocumentResponse
from cartage.warehouses.files.formats import FileFormat, ReadFile
from cartage.warehouses.files.profiles.csv_format import CsvFormat
from cartage.warehouses.files.profiles.library import open_profile
from cartage.warehouses.files.transport import open_transport
from cartage.warehouses.files.transport.inbox import Inbox
from cartage.warehouses.files.transport.looks import Looks
from cartage.warehouses.files.transport.outbox import Outbox
from cartage.warehouses.files.x12.format import X12Format
from cartage.warehouses.files.x12.settings import X12Settings
from cartage_sandbox.files import CustomerAccount, FileWarehouse, create_file_warehouse
from cartage_sandbox.files.shipping import Shipping
from tests.contract.warehouses.files.stands import connection_to, transfer

AT = datetime(2026, 11, 29, 2, tzinfo=UTC)
# Where the warehouse has them, and how our settings call that place; empty for one that is looked at anyway.
TRACKING_PLACES = {"MAN02": "", "MAN05": "", "N9": "", "W27": "W27-03", "W06": "W06-05"}


def request(reference: str, **changes: Any) -> FulfillmentRequest:
    fields: dict[str, Any] = {
        "reference": reference,
        "display_number": "AB-1000",
        "ordered_at": AT,
        "ship_to": Address(
            name="Joan Harry",
            address1="5050 Road N",
            city="Boston",
            state="MA",
            zip_code="02134",
            country="US",
            phone="555-666-7777",
        ),
        "lines": (
            RequestLine(1, "MUG", Decimal(3), "A mug"),
            RequestLine(2, "TEA", Decimal(1), "Tea"),
        ),
        "ship_method": ShipMethod("UPS", "GROUND", "UPSN"),
    }
    return FulfillmentRequest(**{**fields, **changes})


@dataclass
class Exchange:
    """A lane's side of an account: its format, and both boxes."""

    warehouse: FileWarehouse
    account: CustomerAccount
    format: FileFormat
    outbox: Outbox
    inbox: Inbox

    def send(self, number: int, *references: str) -> None:
        document = self.format.write([request(reference) for reference in references], number, AT)
        self.outbox.stage(document)
        self.outbox.publish(document)
        self.warehouse.work()

    def received(self) -> list[ReadFile]:
        """Read and put away everything that is there."""
        listing = self.inbox.listing(lambda name: bool(self.format.parts(name)), Looks())
        found = []
        for file in listing.ready:
            document = self.inbox.read(file)
            assert document is not None
            read = self.format.read(document)
            assert (read.quarantined, read.unreadable) == ((), ())
            found.append(read)
            assert self.inbox.put_away(document)
        return found

    @property
    def orders(self) -> list[dict[str, Any]]:
        return [order.facts() for order in self.warehouse.premises.orders[self.account.login]]


def csv_format(name: str) -> FileFormat:
    return CsvFormat(open_profile(name))


def x12_format(**changes: Any) -> FileFormat:
    settings = {
        "us": {"id": "CARTAGE"},
        "partner": {"id": "SANDBOXWMS"},
        "orders_per_file": 10,
        "order_files": ["945_*", "997_*"],
        "stock_files": ["846_*", "944_*", "947_*"],
        "stock": {"available": ["33"]},
        **changes,
    }
    return X12Format(X12Settings.model_validate(settings))


@pytest.fixture(params=["dsfx", "dsfx_v1", "dsfx_v3", "plain", "x12"])
def exchange(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Exchange]:
    yield from exchanges(request.param, tmp_path)


@pytest.fixture
def x12(tmp_path: Path) -> Iterator[Exchange]:
    yield from exchanges("x12", tmp_path)


def exchanges(name: str, tmp_path: Path) -> Iterator[Exchange]:
    form = name.partition("_")[0]
    account = CustomerAccount.parse(
        {"login": "cartage", "password": "sandbox-password-of-cartage", "form": form}
    )
    warehouse = create_file_warehouse(tmp_path, rules={"acknowledges": "all"}, accounts=[account])
    warehouse.floor.set_stock(account, {"MUG": 10, "TEA": 5})
    with warehouse.sftp, open_transport(transfer(), connection_to(warehouse)) as transport:
        format_ = x12_format() if form == "x12" else csv_format(name)
        settings = transfer()
        yield Exchange(warehouse, account, format_, Outbox(transport, settings), Inbox(transport, settings))


def test_orders_arrive_with_their_lines_and_their_address(exchange: Exchange) -> None:
    exchange.send(1, "A3_1_0")
    [order] = exchange.orders
    assert (order["reference"], order["po_number"], order["state"]) == ("A3_1_0", "AB-1000", "open")
    assert [(line["sku"], line["qty"]) for line in order["lines"]] == [("MUG", 3), ("TEA", 1)]
    address = order["ship_to"]
    assert (address["name"], address["address1"], address["zip"]) == ("Joan Harry", "5050 Road N", "02134")
    assert "GROUND" in order["ship_method"]


def test_a_document_with_several_orders_makes_them_all(exchange: Exchange) -> None:
    if exchange.format.orders_per_document == 1:
        for number in (1, 2, 3):
            exchange.send(number, f"A3_{number}_0")
    else:
        exchange.send(1, "A3_1_0", "A3_2_0", "A3_3_0")
    assert [order["reference"] for order in exchange.orders] == ["A3_1_0", "A3_2_0", "A3_3_0"]


def test_shipments_in_parts_and_packages_come_back(exchange: Exchange) -> None:
    exchange.send(1, "A3_1_0")
    exchange.received()
    orders = exchange.warehouse.premises.orders["cartage"]
    exchange.warehouse.floor.ship(exchange.account, orders, Shipping(packages=2, quantities={"MUG": 2}))
    shipments = [shipment for read in exchange.received() for shipment in read.shipments]
    exchange.warehouse.floor.ship(exchange.account, orders, Shipping())
    shipments += [shipment for read in exchange.received() for shipment in read.shipments]
    assert {shipment.reference for shipment in shipments} == {"A3_1_0"}
    packages = [package for shipment in shipments for package in shipment.packages]
    sent = [package.tracking for order in orders for package in order.packages]
    assert sorted(package.tracking for package in packages) == sorted(sent)
    contents: dict[str, Decimal] = {}
    for package in packages:
        for content in package.contents or ():
            contents[content.sku] = contents.get(content.sku, Decimal(0)) + content.quantity
    assert contents == {"MUG": 3, "TEA": 1}


def test_stock_comes_back(exchange: Exchange) -> None:
    exchange.send(1, "A3_1_0")
    exchange.received()
    exchange.warehouse.floor.send_inventory(exchange.account)
    [read] = exchange.received()
    assert {level.sku: level.available for level in read.stock} == {"MUG": 7, "TEA": 4}


def test_a_997_names_our_document(x12: Exchange) -> None:
    x12.send(7, "A3_1_0", "A3_2_0")
    [read] = x12.received()
    assert read.responses != ()
    assert all(response.accepted and response.number == 7 for response in read.responses)


def test_a_997_rejects_the_order_that_the_warehouse_does_not_take(x12: Exchange) -> None:
    x12.warehouse.rules.update({"x12_rejects_by": "997"})
    document = x12.format.write(
        [request("A3_1_0"), request("A3_2_0", lines=(RequestLine(1, "NONE", Decimal(1)),))], 8, AT
    )
    x12.outbox.stage(document)
    x12.outbox.publish(document)
    x12.warehouse.work()
    [read] = x12.received()
    rejected = [response for response in read.responses if not response.accepted]
    assert [(response.number, response.position) for response in rejected] == [(8, 2)]
    assert all(isinstance(response, DocumentResponse) for response in read.responses)


@pytest.mark.parametrize("place", TRACKING_PLACES)
def test_tracking_numbers_are_found_wherever_the_partner_has_them(x12: Exchange, place: str) -> None:
    x12.warehouse.rules.update({"tracking_in": place})
    if TRACKING_PLACES[place]:
        x12.format = x12_format(shipments={"tracking_places": [TRACKING_PLACES[place]]})
    x12.send(1, "A3_1_0")
    x12.received()
    x12.warehouse.floor.ship(x12.account, x12.warehouse.premises.orders["cartage"], Shipping())
    [shipment] = [shipment for read in x12.received() for shipment in read.shipments]
    [order] = x12.warehouse.premises.orders["cartage"]
    assert [package.tracking for package in shipment.packages] == [
        package.tracking for package in order.packages
    ]


def test_movements_are_read(x12: Exchange) -> None:
    x12.warehouse.floor.receive(x12.account, {"MUG": 5})
    x12.warehouse.floor.adjust(x12.account, {"TEA": -1}, "AV")
    movements = [movement for read in x12.received() for movement in read.movements]
    assert [(movement.sku, movement.quantity, movement.kind) for movement in movements] == [
        ("MUG", 5, MovementKind.RECEIPT),
        ("TEA", -1, MovementKind.ADJUSTMENT),
    ]
