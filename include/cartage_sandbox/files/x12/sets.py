"""The sets of a 3PL: 940 in; 945, 846, 997, 944 and 947 out. Element places: connectors.md section 6.1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from cartage_sandbox.files.orders import SentPackage, SentShipment, WantedLine, WantedOrder
from cartage_sandbox.files.x12.interchange import Group, Segment, TransactionSet, Unreadable, element

# Places of the ids in W01: qualifier and id in pairs (connectors.md section 6.1).
_W01_PAIRS = (4, 6, 15)
_SKU_QUALIFIERS = ("SK", "VN", "VP", "VC", "BP", "IN", "UP")


def order_of(document: TransactionSet) -> WantedOrder:
    """Return the order of a 940. Raises Unreadable if it has no number, or a quantity is none."""
    head = document.first("W05")
    if not element(head, 2).strip():
        raise Unreadable(f"940 {document.control}: W05-02 is missing")
    lines = [segment for segment in document.segments if segment[0] == "W01"]
    return WantedOrder(
        reference=element(head, 2).strip(),
        lines=tuple(_line(number, segment) for number, segment in enumerate(lines, 1)),
        po_number=element(head, 3),
        ship_to=_ship_to(document.segments),
        ship_method=_ship_method(document.first("W66")),
        notes=" ".join(element(segment, 2) for segment in document.segments if segment[0] == "NTE"),
        cancels=element(head, 1) == "F",
        position=document.control,
    )


def _line(number: int, segment: Segment) -> WantedLine:
    quantity = element(segment, 1)
    if not quantity.strip().isdigit():
        raise Unreadable(f"W01-01 {quantity!r} is no whole number")
    ids = {element(segment, place): element(segment, place + 1) for place in _W01_PAIRS}
    sku = next((ids[qualifier] for qualifier in _SKU_QUALIFIERS if ids.get(qualifier)), "")
    return WantedLine(str(number), sku, int(quantity))


def _ship_to(segments: Sequence[Segment]) -> dict[str, str]:
    found: dict[str, str] = {}
    inside = False
    for segment in segments:
        if segment[0] == "N1":
            inside = element(segment, 1) == "ST"
            if inside:
                found["name"] = element(segment, 2)
        elif inside and segment[0] == "N2":
            found["company"] = element(segment, 1)
        elif inside and segment[0] == "N3":
            found["address1"], found["address2"] = element(segment, 1), element(segment, 2)
        elif inside and segment[0] == "N4":
            found |= dict(
                zip(
                    ("city", "state", "zip", "country"),
                    (element(segment, n) for n in range(1, 5)),
                    strict=True,
                )
            )
        elif inside and segment[0] == "PER":
            found["phone"] = element(segment, 4)
        elif segment[0] in {"LX", "W01"}:
            break
    return found


def _ship_method(segment: Segment) -> str:
    return " ".join(filter(None, (element(segment, 10), element(segment, 5))))


def shipping_advice(shipment: SentShipment, tracking_in: str, unit: str) -> list[Segment]:
    """Return a 945. `tracking_in` is where its tracking numbers are: MAN02, MAN05, N9, W27 or W06."""
    wanted = shipment.order.wanted
    code = "F" if shipment.complete else "N"
    first = shipment.packages[0]
    rows: list[Segment] = [
        (
            "W06",
            code,
            wanted.reference,
            f"{shipment.at:%Y%m%d}",
            shipment.order.number,
            first.tracking if tracking_in == "W06" else "",
            wanted.po_number,
        ),
        ("N1", "ST", wanted.ship_to.get("name", "")),
        ("N1", "WH", "SANDBOX WAREHOUSE", "91", "01"),
        ("G62", "11", f"{shipment.at:%Y%m%d}"),
        ("W27", "M", first.carrier, first.tracking if tracking_in == "W27" else first.service),
    ]
    if tracking_in == "N9":
        rows.insert(3, ("N9", "2I", first.tracking))
    total = 0
    for number, package in enumerate(shipment.packages, 1):
        rows.append(("LX", str(number)))
        rows += _marks(package, tracking_in)
        for sku, count in package.contents.items():
            total += count
            rows.append(_shipped_line(shipment, sku, count, unit))
    rows.append(("W03", str(total)))
    return rows


def _marks(package: SentPackage, tracking_in: str) -> list[Segment]:
    if tracking_in == "MAN02":
        return [("MAN", "CP", package.tracking)]
    if tracking_in == "MAN05":
        return [("MAN", "ZZ", package.carrier, "", "CN", package.tracking)]
    if tracking_in == "N9":
        return [("N9", "2I", package.tracking)]
    return []


def _shipped_line(shipment: SentShipment, sku: str, count: int, unit: str) -> Segment:
    ordered = sum(line.quantity for line in shipment.order.wanted.lines if line.sku == sku)
    missing = max(0, ordered - shipment.order.shipped[sku])
    return (
        "W12",
        "CC" if not missing else "CP",
        str(ordered),
        str(count),
        str(missing),
        unit,
        "",
        "SK",
        sku,
    )


def inventory_advice(
    stock: Mapping[str, int], at: datetime, reference: str, *, full: bool, qualifier: str
) -> list[Segment]:
    """Return an 846 with the available quantity of each SKU."""
    rows: list[Segment] = [("BIA", "00" if full else "04", "SI", reference, f"{at:%Y%m%d}", f"{at:%H%M}")]
    for number, (sku, count) in enumerate(stock.items(), 1):
        rows += [("LIN", str(number), "SK", sku), ("QTY", qualifier, str(count), "EA")]
    rows.append(("CTT", str(len(stock))))
    return rows


def acknowledgement(group: Group, rejected: Mapping[str, str]) -> list[Segment]:
    """Return the 997 of a group: `rejected` has an error code (AK5-02) by the control number of each rejected set."""
    rows: list[Segment] = [("AK1", group.code, group.control)]
    for document in group.sets:
        code = rejected.get(document.control, "")
        rows += [
            ("AK2", document.kind, document.control),
            ("AK5", "R", code) if code else ("AK5", "A"),
        ]
    accepted = sum(document.control not in rejected for document in group.sets)
    count = str(len(group.sets))
    outcome = "A" if accepted == len(group.sets) else "P" if accepted else "R"
    rows.append(("AK9", outcome, count, count, str(accepted)))
    return rows


def receipt_advice(movements: Mapping[str, int], at: datetime, reference: str) -> list[Segment]:
    """Return a 944: goods that came in, by SKU."""
    rows: list[Segment] = [("W17", "F", f"{at:%Y%m%d}", reference)]
    rows += [("W07", str(count), "EA", "", "SK", sku) for sku, count in movements.items()]
    return [*rows, ("W14", str(sum(movements.values())))]


def adjustment_advice(
    movements: Mapping[str, int], at: datetime, reference: str, reason: str
) -> list[Segment]:
    """Return a 947: corrections of the stock, by SKU, with the warehouse's reason code (W19-01)."""
    rows: list[Segment] = [("W15", f"{at:%Y%m%d}", reference)]
    rows += [("W19", reason, str(count), "EA", "", "SK", sku) for sku, count in movements.items()]
    return rows
