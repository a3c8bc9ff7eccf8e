"""(m) X12: 940s written and 945s read per second, beside a plain split of the same bytes into elements."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from statistics import median
from typing import TypeVar

from benchmarks.figures import Figure, Outcome, Target
from benchmarks.progress import say
from cartage.model.orders import Address, FulfillmentRequest, RequestLine, ShipMethod
from cartage.warehouses.documents import InboundDocument
from cartage.warehouses.files.x12.format import X12Format
from cartage.warehouses.files.x12.settings import X12Settings

T = TypeVar("T")

_AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
_LINES = 3
_TIMES = 5
# A warehouse's largest file of a day is read in seconds.
_TARGET = 2_000


class FilesDoNotAddUp(AssertionError):
    """Not every order was written or read, so there is no result."""


def measure(*, quick: bool) -> Outcome:
    """Write files of one order each and of many, and read one file of as many shipments."""
    orders = 1_000 if quick else 10_000
    requests = [_request(number) for number in range(orders)]
    x12 = _format(orders)
    alone, _ = _timed(
        lambda: [x12.write([request], number, _AT) for number, request in enumerate(requests, 1)]
    )
    together, document = _timed(lambda: x12.write(requests, 1, _AT))
    shipments = _advices(orders)
    read, found = _timed(lambda: x12.read(InboundDocument("945.edi", shipments)))
    packages = sum(len(shipment.packages) for shipment in found.shipments)
    if len(found.shipments) != orders or packages != orders or found.quarantined or found.unreadable:
        raise FilesDoNotAddUp(f"of {orders} shipments {len(found.shipments)} were read")
    written_split, _ = _timed(lambda: _split(document.content))
    read_split, _ = _timed(lambda: _split(shipments))
    say(f"  {orders / together:,.0f} written and {orders / read:,.0f} read per second")
    return Outcome(
        title=f"X12: {orders:,} orders out, {orders:,} shipments in",
        figures=(
            Figure(
                "940s written, a file each", round(orders / alone), round(orders / written_split), "per s"
            ),
            Figure(
                "940s written, one file", round(orders / together), round(orders / written_split), "per s"
            ),
            Figure("945s read, one file", round(orders / read), round(orders / read_split), "per s"),
            Figure("size of a 940", round(len(document.content) / orders), None, "bytes"),
            Figure("size of a 945", round(len(shipments) / orders), None, "bytes"),
        ),
        targets=(
            Target("940s written per second", round(orders / together), _TARGET, "at least", "per s"),
            Target("945s read per second", round(orders / read), _TARGET, "at least", "per s"),
        ),
        notes=(
            f"Orders of {_LINES} lines; each shipment is one package with a number. The median of {_TIMES} runs.",
            "Writing includes the check of every element; reading includes envelopes, packages and contents.",
            "Baseline: the same bytes decoded and split into segments and elements, and nothing else.",
        ),
    )


def _format(orders: int) -> X12Format:
    ids = {"us": {"id": "OUTFITTERS"}, "partner": {"id": "ACME3PL"}}
    return X12Format(X12Settings.model_validate({**ids, "orders_per_file": min(orders, 1000)}))


def _request(number: int) -> FulfillmentRequest:
    return FulfillmentRequest(
        reference=f"A3K_{number + 30_000}_0",
        display_number=f"AB-{number + 1_000}",
        ordered_at=_AT,
        ship_to=Address(
            name="Joan Harry",
            address1=f"{number} Harbor Road",
            city="Rochester",
            state="NY",
            zip_code="14607",
            country="US",
            phone="585 555 0117",
            email="joan@example.com",
        ),
        ship_method=ShipMethod("UPS", "Ground", "Prepaid", scac="UPSN"),
        lines=tuple(
            RequestLine(line, f"SKU-{number % 500}-{line}", Decimal(line), "An item of the store")
            for line in range(1, _LINES + 1)
        ),
        notes="Leave at the door",
    )


def _advices(orders: int) -> bytes:
    """Return a warehouse's file with a 945 for each order."""
    rows = [
        f"ISA*00*{'':10}*00*{'':10}*ZZ*{'ACME3PL':15}*ZZ*{'OUTFITTERS':15}*261123*1000*U*00401*000000001*0*P*>",
        "GS*SW*ACME3PL*OUTFITTERS*20261123*1000*1*X*004010",
    ]
    for number in range(orders):
        body = [
            f"W06*F*A3K_{number + 30_000}_0*20261123*WH{number}**AB-{number + 1_000}",
            "N1*ST*JOAN HARRY",
            f"N3*{number} HARBOR ROAD",
            "N4*ROCHESTER*NY*14607*US",
            "W27*U*UPSN*UPS GROUND",
        ]
        for line in range(1, _LINES + 1):
            body += [
                f"LX*{line}",
                f"MAN*CP*TBA{number:012d}",
                f"W12*CC*{line}*{line}*0*EA**SK*SKU-{number % 500}-{line}",
            ]
        rows += [f"ST*945*{number + 1:04d}", *body, f"W03*{_LINES}", f"SE*{len(body) + 3}*{number + 1:04d}"]
    rows += [f"GE*{orders}*1", "IEA*1*000000001"]
    return "".join(f"{row}~\n" for row in rows).encode()


def _split(content: bytes) -> Sequence[Sequence[str]]:
    return [segment.split("*") for segment in content.decode().split("~")]


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    """Return the median seconds of several runs, and the result of the last."""
    seconds = []
    for _ in range(_TIMES - 1):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    start = time.perf_counter()
    result = work()
    seconds.append(time.perf_counter() - start)
    return median(seconds), result
