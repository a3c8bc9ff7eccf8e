"""Orders of every kind, partners of every kind, and what an order says once it was written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from cartage.model.orders import Address, FulfillmentRequest, RequestLine, ShipMethod
from cartage.warehouses.files.x12.syntax.envelopes import SetContent
from cartage.warehouses.files.x12.syntax.segments import value
from tests.unit.warehouses.files.x12.helpers import PARTNERS

_CHARACTERS = st.sampled_from("abcXYZ 0123456789-_.,#/&'") | st.sampled_from(
    "*~>^|!:\\éßŁ東\t\n\u00a0\u0085\u200b\x00"
)
_WORDS = (
    *(
        "Joan Harry",
        "12 Harbor Road",
        "c/o Acme*Mail",
        "Zoe\u200b Bronte",
        "Rochester",
        "Leave at\nthe door~ twice",
    ),
    *("Acme & Sons: shop", "Floor 2 > left", "Springfield", "Red mug"),
)
_ACCENTS = ("Zoë Brontë", "Łódź", "東京", "Straße 5")


@st.composite
def _texts(draw: st.DrawFn) -> str:
    """Return a text that mostly passes the check: an order that does not is thrown away."""
    match draw(st.integers(0, 19)):
        case 0:
            return draw(st.text(max_size=30))
        case 1 | 2:
            return draw(st.text(_CHARACTERS, min_size=2, max_size=50))
        case 3:
            return draw(st.sampled_from(_ACCENTS))
    return draw(st.sampled_from(_WORDS))


@st.composite
def _codes(draw: st.DrawFn) -> str:
    """Return a number or SKU that mostly passes the check."""
    match draw(st.integers(0, 39)):
        case 0:
            return draw(st.text(max_size=50))
        case 1:
            return draw(st.sampled_from(("A*B", "A~", "A B", "CAFÉ", " X", "A>B")))
    return draw(st.text("ABCXYZ0123456789_-.", min_size=1, max_size=22))


_QUANTITY = st.integers(1, 10**6).map(Decimal) | st.decimals(
    min_value="0.001", max_value=9999, places=3, allow_nan=False
)


@st.composite
def _addresses(draw: st.DrawFn) -> Address:
    country, state, zip_code = draw(
        st.sampled_from(
            (("US", "NY", "14607"), ("CA", "ON", "N1N 1N1"), ("DE", "Bayern", "80331"), ("HK", "", ""))
        )
    )
    return Address(
        name=draw(_texts()),
        company=draw(st.just("") | _texts()),
        address1=draw(_texts()),
        address2=draw(st.just("") | _texts()),
        city=draw(_texts()),
        state=state,
        zip_code=zip_code,
        country=country,
        phone=draw(st.just("") | st.text("0123456789 +-()*", max_size=20)),
        email=draw(
            st.sampled_from(("", "a@example.com", "b@example.org", "c+d@example.com", "b*c@example.com"))
        ),
    )


_line = st.builds(
    RequestLine,
    line_id=st.integers(1, 10**6),
    sku=_codes(),
    quantity=_QUANTITY,
    description=st.just("") | _texts(),
    store_sku=st.just("") | _codes(),
    notes=st.sampled_from(("", "", "", "", "Engraving: Zoe  & 1\nGift wrap: yes", "Engraving: *")),
)

orders: st.SearchStrategy[FulfillmentRequest] = st.builds(
    FulfillmentRequest,
    reference=st.from_regex(r"[A-Z0-9_]{5,22}", fullmatch=True),
    display_number=_codes(),
    ordered_at=st.none() | st.datetimes(datetime(2001, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    ship_to=_addresses(),
    ship_method=st.builds(
        ShipMethod,
        carrier=st.sampled_from(("UPS", "", "FedEx*", "U.S. Postal Service")),
        service=st.sampled_from(("Ground", "")),
        billing=st.sampled_from(("", "Prepaid", "third party")),
        account=st.sampled_from(("", "A1B2C3")),
        scac=st.sampled_from(("", "UPSN", "FDEG")),
    ),
    lines=st.lists(_line, min_size=1, max_size=5).map(tuple),
    notes=st.just("") | _texts(),
)

partners: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "us": st.just(PARTNERS["us"]),
        "partner": st.just(PARTNERS["partner"]),
        "release": st.sampled_from(("004010", "005010")),
        "charset": st.sampled_from(("ascii", "latin-1", "utf-8", "utf-8", "utf-8")),
        "accents": st.sampled_from(("refuse", "plain")),
        "separators": st.sampled_from(
            (
                {},
                {"line_end": "lf"},
                {"element": "|", "terminator": "!", "component": ":", "line_end": "crlf"},
                {"element": "~", "terminator": "*"},
            )
        ),
        "orders": st.fixed_dictionaries(
            {
                "note_rows": st.sampled_from((0, 1, 3)),
                "line_note_rows": st.sampled_from((0, 2, 4)),
                "contact": st.booleans(),
                "carrier_row": st.booleans(),
                "line_qualifier": st.sampled_from(("", "LI")),
                "store_sku_qualifier": st.sampled_from(("", "VN")),
                "references": st.sampled_from(
                    ((), ({"qualifier": "CO", "value": "display_number"}, {"qualifier": "DP", "text": "WEB"}))
                ),
                "dates": st.sampled_from(((), ({"qualifier": "04", "value": "ordered"},))),
            }
        ),
    }
)


@dataclass(slots=True)
class ReadLine:
    """What a 940 says of one item."""

    sku: str
    quantity: Decimal
    description: str = ""
    notes: str = ""


@dataclass(frozen=True, slots=True)
class ReadOrder:
    """What a 940 says, element by element."""

    reference: str
    number: str
    address: Mapping[str, str]
    notes: str
    lines: tuple[ReadLine, ...]
    total: Decimal


def read_order(found: SetContent) -> ReadOrder:
    """Read a 940, as a warehouse would."""
    begin, name, place = found.first("W05"), found.first("N1"), found.first("N4")
    street, contact = found.first("N3"), found.first("PER")
    numbers = {value(contact, at): value(contact, at + 1) for at in (3, 5)}
    lines: list[ReadLine] = []
    notes: list[str] = []
    for segment in found.segments():
        if segment[0] == "W01":
            lines.append(ReadLine(value(segment, 5), Decimal(value(segment, 1))))
        elif segment[0] == "G69":
            lines[-1].description = value(segment, 1)
        elif segment[0] == "NTE" and lines:
            lines[-1].notes += value(segment, 2)
        elif segment[0] == "NTE":
            notes.append(value(segment, 2))
    return ReadOrder(
        reference=value(begin, 2),
        number=value(begin, 3),
        address={
            "name": value(name, 2),
            "company": value(found.first("N2"), 1),
            "address1": value(street, 1),
            "address2": value(street, 2),
            "city": value(place, 1),
            "state": value(place, 2) or value(place, 6),
            "zip_code": value(place, 3),
            "country": value(place, 4),
            "phone": numbers.get("TE", ""),
            "email": numbers.get("EM", ""),
        },
        notes=" ".join(notes),
        lines=tuple(lines),
        total=Decimal(value(found.first("W76"), 1)),
    )
