"""The 940, Warehouse Shipping Order: an order as segments.

The check before sending uses the same segments, so that what is written is what was checked. Sequence of segments:
connectors.md, section 6.1.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from cartage.model.orders import FulfillmentRequest, RequestLine
from cartage.warehouses.files.x12.settings.orders import (
    LongState,
    OrderDate,
    OrderSettings,
    OrderValue,
    Routing,
)
from cartage.warehouses.files.x12.syntax.writer import Datum, Element, Syntax

CODE, GROUP = "940", "OW"
NOTE_WIDTH = 80

Row = list[Element]


class ShipOrder:
    """An order on its way into a 940."""

    def __init__(self, request: FulfillmentRequest, settings: OrderSettings, syntax: Syntax) -> None:
        self._request = request
        self._settings = settings
        self._syntax = syntax

    def segments(self, at: datetime, *, cancel: bool = False) -> list[Row]:
        """Return the segments between ST and SE. `at` is when the order is first sent."""
        request, settings = self._request, self._settings
        total = sum((line.quantity for line in request.lines), Decimal(0))
        return [
            [
                "W05",
                settings.cancel_code if cancel else settings.new_code,
                Datum(request.reference),
                Datum(self._value(settings.po_number)),
            ],
            *self._parties(),
            *self._references(),
            *self._dates(at),
            *self._notes(),
            *self._carrier(),
            *(row for number, line in enumerate(request.lines, 1) for row in self._line(number, line)),
            ["W76", Datum(_plain(total))],
        ]

    @property
    def note_width(self) -> int:
        """Return how many characters a row of notes has room for."""
        return min(NOTE_WIDTH, self._settings.limits.get("NTE-02", NOTE_WIDTH))

    def notes(self) -> list[str]:
        """Return the notes in rows, cut between words; more rows than the partner takes are a problem."""
        if not self._settings.note_rows:
            return []
        return list(_rows(self._syntax.free(self._request.notes), self.note_width))

    def line_notes(self, line: RequestLine) -> list[str]:
        """Return the options of a line in rows, each option in a row of its own; too many rows are a problem.

        An engraving with a separator is a problem too: no character of it may change.
        """
        options = (option.strip() for option in line.notes.splitlines())
        return [row for option in options for row in _rows(option, self.note_width)]

    def _notes(self) -> Iterator[Row]:
        for row in self.notes()[: self._settings.note_rows]:
            yield ["NTE", self._settings.note_code, Datum(row)]

    def _parties(self) -> Iterator[Row]:
        for party in self._settings.parties:
            yield ["N1", party.entity, party.name, party.id_qualifier, party.id]
        address, free = self._request.ship_to, self._syntax.free
        name, company = free(address.name), free(address.company)
        yield ["N1", "ST", Datum(name or company)]
        if name and company not in {"", name}:
            yield ["N2", Datum(company)]
        yield ["N3", Datum(free(address.address1)), Datum(free(address.address2))]
        yield self._place()
        if self._settings.contact:
            yield from self._contact(name or company)

    def _place(self) -> Row:
        address, free = self._request.ship_to, self._syntax.free
        state, region = address.state.strip(), ""
        if len(state) != 2 and self._settings.long_state is not LongState.REFUSE:
            region = free(state) if self._settings.long_state is LongState.LOCATION else ""
            state = ""
        ends = Datum(address.zip_code.strip()), Datum(address.country.strip())
        row: Row = ["N4", Datum(free(address.city)), Datum(state), *ends]
        return [*row, "SP", Datum(region)] if region else row

    def _contact(self, name: str) -> Iterator[Row]:
        phone, email = self._syntax.free(self._request.ship_to.phone), self._request.ship_to.email.strip()
        numbers: Row = []
        if phone:
            numbers += ["TE", Datum(phone, "telephone number")]
        if email:
            numbers += ["EM", Datum(email, "e-mail address")]
        if numbers:
            yield ["PER", self._settings.contact_function, Datum(name), *numbers]

    def _references(self) -> Iterator[Row]:
        for reference in self._settings.references:
            if reference.text:
                yield ["N9", reference.qualifier, reference.text]
            elif text := self._value(reference.value):
                yield ["N9", reference.qualifier, Datum(text, reference.value.name_for_people)]

    def _value(self, value: OrderValue) -> str:
        request = self._request
        texts = {
            OrderValue.REFERENCE: request.reference,
            OrderValue.DISPLAY_NUMBER: request.display_number.strip(),
            OrderValue.BILLING_ACCOUNT: request.ship_method.account.strip(),
            OrderValue.NONE: "",
        }
        return texts[value]

    def _dates(self, at: datetime) -> Iterator[Row]:
        for row in self._settings.dates:
            moment = self._request.ordered_at if row.value is OrderDate.ORDERED else at
            if moment is not None:
                yield ["G62", row.qualifier, f"{moment.astimezone(self._syntax.zone):%Y%m%d}"]

    def _carrier(self) -> Iterator[Row]:
        settings, method = self._settings, self._request.ship_method
        if not settings.carrier_row:
            return
        codes = {name.casefold(): code for name, code in settings.payment_codes.items()}
        payment = codes.get(method.billing.strip().casefold(), settings.payment_default)
        routing = {
            Routing.SERVICE: method.service,
            Routing.CARRIER_AND_SERVICE: f"{method.carrier} {method.service}",
            Routing.NONE: "",
        }[settings.routing]
        head: Row = ["W66", payment, settings.transport, "", "", Datum(self._syntax.free(routing))]
        yield [*head, "", "", "", "", Datum(method.scac.strip())]

    def _line(self, number: int, line: RequestLine) -> Iterator[Row]:
        settings = self._settings
        yield ["LX", str(number)]
        row: Row = [
            "W01",
            Datum(_plain(line.quantity)),
            settings.unit,
            "",
            settings.sku_qualifier,
            Datum(line.sku),
        ]
        if settings.store_sku_qualifier and line.store_sku:
            row += [settings.store_sku_qualifier, Datum(line.store_sku)]
        yield row
        if settings.descriptions and (description := self._syntax.free(line.description)):
            yield ["G69", Datum(description)]
        if settings.line_qualifier:
            yield ["N9", settings.line_qualifier, str(line.line_id)]
        for note in self.line_notes(line)[: settings.line_note_rows]:
            yield ["NTE", settings.note_code, Datum(note, "options of a line")]


def _plain(quantity: Decimal) -> str:
    """Return a quantity without exponent and without zeros at its end."""
    text = f"{quantity:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _rows(text: str, width: int) -> Iterator[str]:
    """Yield a text in rows, cut between words; a word that is longer than a row is cut inside."""
    while len(text) > width:
        blank = text.rfind(" ", 1, width + 1)
        end = blank if blank > 0 else width
        yield text[:end].rstrip()
        text = text[end:].lstrip()
    if text:
        yield text
