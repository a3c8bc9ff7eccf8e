"""What cannot be written of an order, before anything is sent. Each problem names a field, never its content."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from cartage.errors.problems import Problem, ProblemKind, field_too_long
from cartage.model.orders import FulfillmentRequest
from cartage.warehouses.files.x12.sets.ship_order import ShipOrder
from cartage.warehouses.files.x12.settings import OrderSettings
from cartage.warehouses.files.x12.syntax.limits import ElementLimit
from cartage.warehouses.files.x12.syntax.writer import Datum, Syntax
from cartage.warehouses.requirements import missing_parts

# What is checked does not depend on when an order is sent.
_ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)


def request_problems(
    request: FulfillmentRequest, settings: OrderSettings, syntax: Syntax, elements: Mapping[str, ElementLimit]
) -> list[Problem]:
    """Return everything that is wrong with an order; each cause once."""
    order = ShipOrder(request, settings, syntax)
    missing = list(missing_parts(request))
    found = [*missing, *_notes(order, settings), *_options(order, request, settings)]
    for segment in order.segments(_ANY_TIME):
        for position, element in enumerate(segment):
            if isinstance(element, Datum):
                place = f"{segment[0]}-{position:02d}"
                if element.text.strip():
                    found += _element(element, place, elements[place], syntax)
                elif elements[place].required and not missing:
                    found.append(_nothing(element, place, elements[place]))
    return list(dict.fromkeys(found))


def _notes(order: ShipOrder, settings: OrderSettings) -> Iterator[Problem]:
    if len(order.notes()) > settings.note_rows:
        yield field_too_long(
            "notes",
            settings.note_rows * order.note_width,
            "Shorten them in the store, or raise orders.note_rows if the partner takes more rows (NTE).",
        )


def _options(order: ShipOrder, request: FulfillmentRequest, settings: OrderSettings) -> Iterator[Problem]:
    """Yield what keeps a line's options from being sent: they are never dropped or cut."""
    most = max((len(order.line_notes(line)) for line in request.lines), default=0)
    if most and not settings.line_note_rows:
        yield Problem(
            ProblemKind.OPTION_TEXT,
            "no notes under an item",
            "a line has options that its SKU does not show, and the partner gets no notes under an item",
            "Raise orders.line_note_rows if the partner reads them (NTE after W01); or, if their choices have SKUs in "
            "3dcart, name the options in warehouse.options_in_sku.",
        )
    elif most > settings.line_note_rows:
        yield field_too_long(
            "options of a line",
            settings.line_note_rows * order.note_width,
            "Shorten them in the store, or raise orders.line_note_rows if the partner takes more rows (NTE).",
        )


def _nothing(element: Datum, place: str, limit: ElementLimit) -> Problem:
    """Return the problem of a text that consists of separators, or of what nobody sees."""
    return _malformed(
        element.name or limit.name,
        "nothing that can be written",
        f"has nothing that X12 can carry ({place})",
        "Correct it in the store.",
    )


def _element(element: Datum, place: str, limit: ElementLimit, syntax: Syntax) -> Iterator[Problem]:
    text, name = element.text, element.name or limit.name
    if len(text) > limit.most:
        yield field_too_long(
            name,
            limit.most,
            f"Shorten it in the store. There is no room for more than {limit.most} characters in {place}.",
        )
    elif len(text) < limit.least:
        yield _malformed(
            name,
            f"shorter than {limit.least} characters",
            f"is shorter than {limit.least} characters, which {place} needs",
            "Correct it in the store.",
        )
    yield from _characters(text, name, place, syntax)


def _characters(text: str, name: str, place: str, syntax: Syntax) -> Iterator[Problem]:
    """Yield what would break the file, come back as another text, or cannot be written."""
    if separator := next((character for character in syntax.reserved if character in text), ""):
        yield _malformed(
            name,
            _named(separator),
            f"contains {_named(separator)}, which separates elements or segments in X12 ({place})",
            "Map it to another one, correct it in the store, or agree on other separators with the partner.",
        )
    if text != text.strip() or not text.isprintable():
        yield _malformed(
            name,
            "blanks or control characters",
            f"begins or ends with a blank, or has a control character, which X12 does not keep ({place})",
            "Correct it in the store, or map it to one without.",
        )
    elif character := syntax.cannot_write(text):
        yield _malformed(
            name,
            _named(character),
            f"has the character {_named(character)}, which cannot be written in {syntax.charset.value} ({place})",
            "Write it in another way in the store, agree on another charset with the partner (charset), or let accents "
            "be left out (accents: plain).",
        )


def _malformed(name: str, subject: str, what: str, fix: str) -> Problem:
    return Problem(ProblemKind.MALFORMED_FIELD, f"{name}: {subject}", f"{name}: {what}", fix)


def _named(character: str) -> str:
    return f"{character!r} (U+{ord(character):04X})"
