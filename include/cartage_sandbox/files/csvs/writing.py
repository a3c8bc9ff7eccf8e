"""Write the warehouse's CSV files by an account's layout."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence

from cartage_sandbox.files.csvs.layouts import Columns, CsvLayout
from cartage_sandbox.files.orders import SentShipment


def shipments_file(shipments: Sequence[SentShipment], layout: CsvLayout) -> bytes:
    """Return a file with these shipments: a row for each line and package, or for each line."""
    rows = (row for shipment in shipments for row in _shipped_rows(shipment, layout))
    return _file(layout.shipments, rows, layout)


def inventory_file(rows: Iterable[Mapping[str, str]], layout: CsvLayout) -> bytes:
    """Return a file with a row for each SKU: `sku`, `available`, `on_hand`."""
    return _file(layout.inventory, rows, layout)


def acknowledgement_file(rows: Iterable[Mapping[str, str]], layout: CsvLayout) -> bytes:
    """Return a file with a row for each order: `reference`, `status`, `message`, `number`."""
    return _file(layout.acknowledgements, rows, layout)


def _shipped_rows(shipment: SentShipment, layout: CsvLayout) -> Iterator[dict[str, str]]:
    lines = {line.sku: line.number for line in reversed(shipment.order.wanted.lines)}
    common = {
        "reference": shipment.order.wanted.reference,
        "shipment": shipment.number,
        "number": shipment.order.number,
        "po_number": shipment.order.wanted.po_number,
        "date": shipment.at.strftime(layout.date_format),
        "complete": "Y" if shipment.complete else "N",
    }
    if layout.tracking_separator:
        for sku in dict.fromkeys(sku for package in shipment.packages for sku in package.contents):
            inside = [package for package in shipment.packages if package.contents.get(sku)]
            numbers = layout.tracking_separator.join(package.tracking for package in inside)
            quantity = str(shipment.quantity(sku))
            carrier, service = inside[0].carrier, inside[0].service
            yield {
                **common,
                "line": lines.get(sku, ""),
                "carrier": carrier,
                "service": service,
                "tracking": numbers,
                "sku": sku,
                "quantity": quantity,
            }
        return
    for package in shipment.packages:
        for sku, count in package.contents.items():
            yield {
                **common,
                "line": lines.get(sku, ""),
                "carrier": package.carrier,
                "service": package.service,
                "tracking": package.tracking,
                "sku": sku,
                "quantity": str(count),
            }


def _file(columns: Columns, rows: Iterable[Mapping[str, str]], layout: CsvLayout) -> bytes:
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=layout.delimiter, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    if layout.header:
        writer.writerow([header for header, _ in columns])
    count = 0
    for row in rows:
        writer.writerow([row.get(holds, "") for _, holds in columns])
        count += 1
    if layout.trailer:
        written.write(layout.trailer.replace("{count}", str(count)) + "\r\n")
    return written.getvalue().encode(layout.encoding)
