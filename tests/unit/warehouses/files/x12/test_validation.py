"""What cannot be written of an order is a problem before anything is sent, and names its field."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from cartage.errors.problems import EMPTY_SKU, NO_LINES, ProblemKind
from cartage.model.orders import FulfillmentRequest, RequestLine
from tests.unit.warehouses.files.x12.helpers import partner

LATIN = {"charset": "latin-1"}


def to(order: FulfillmentRequest, **changes: str) -> FulfillmentRequest:
    return replace(order, ship_to=replace(order.ship_to, **changes))


def subjects(order: FulfillmentRequest, **changes: Any) -> list[tuple[ProblemKind, str]]:
    return [(found.kind, found.subject) for found in partner(**{**LATIN, **changes}).problems(order)]


def test_an_ordinary_order_has_no_problem(request_: FulfillmentRequest) -> None:
    assert subjects(request_) == []


@pytest.mark.parametrize(
    ("changes", "subject"),
    [
        ({"name": "x" * 61, "phone": "", "email": ""}, "receiver's name (at most 60)"),
        ({"company": "x" * 61}, "company (at most 60)"),
        ({"address1": "x" * 56}, "first address line (at most 55)"),
        ({"address2": "x" * 56}, "second address line (at most 55)"),
        ({"city": "x" * 31}, "city (at most 30)"),
        ({"state": "x" * 31}, "state or region (at most 30)"),
        ({"zip_code": "1" * 16}, "postal code (at most 15)"),
        ({"phone": "1" * 81}, "telephone number (at most 80)"),
        ({"phone": "", "email": "x" * 81}, "e-mail address (at most 80)"),
    ],
)
def test_a_text_longer_than_its_element_is_named_with_the_limit(
    request_: FulfillmentRequest, changes: dict[str, str], subject: str
) -> None:
    assert subjects(to(request_, **changes)) == [(ProblemKind.FIELD_TOO_LONG, subject)]


def test_the_longest_texts_that_fit_have_no_problem(request_: FulfillmentRequest) -> None:
    longest = to(
        request_, name="x" * 60, company="y" * 60, address1="x" * 55, address2="x" * 55, city="x" * 30
    )
    lines = (RequestLine(1, "S" * 48, Decimal("9" * 15), "d" * 45),)
    assert subjects(replace(longest, lines=lines, reference="R" * 22, display_number="N" * 22)) == []


def test_005010_has_room_for_longer_addresses_of_e_mail(request_: FulfillmentRequest) -> None:
    order = to(request_, email="x" * 200)
    assert subjects(order) and not subjects(order, release="005010")


def test_a_partner_may_allow_less(request_: FulfillmentRequest) -> None:
    order = to(request_, address1="x" * 36)
    assert not subjects(order)
    assert subjects(order, orders={"limits": {"N3-01": 35}}) == [
        (ProblemKind.FIELD_TOO_LONG, "first address line (at most 35)")
    ]
    # More than the standard has room for is not possible.
    assert subjects(to(request_, address1="x" * 56), orders={"limits": {"N3-01": 99}})


@pytest.mark.parametrize(
    ("order_changes", "subject"),
    [
        ({"reference": "A3*1"}, "reference: '*' (U+002A)"),
        ({"display_number": "1~2"}, "order number: '~' (U+007E)"),
        ({"lines": (RequestLine(1, "A>B", Decimal(1)),)}, "SKU: '>' (U+003E)"),
        ({"lines": (RequestLine(1, "A ", Decimal(1)),)}, "SKU: blanks or control characters"),
        ({"lines": (RequestLine(1, "A\x07B", Decimal(1)),)}, "SKU: blanks or control characters"),
        ({"lines": (RequestLine(1, "Ł-1", Decimal(1)),)}, "SKU: 'Ł' (U+0141)"),
    ],
)
def test_what_identifies_something_is_never_changed(
    request_: FulfillmentRequest, order_changes: dict[str, Any], subject: str
) -> None:
    assert subjects(replace(request_, **order_changes)) == [(ProblemKind.MALFORMED_FIELD, subject)]


def test_a_character_that_the_charset_has_not_is_named(request_: FulfillmentRequest) -> None:
    (problem, *_) = partner().problems(request_)
    assert problem.subject == "receiver's name: 'ë' (U+00EB)"
    assert "cannot be written in ascii" in problem.message
    assert not subjects(request_, charset="utf-8")


def test_accents_are_left_out_where_the_settings_allow_it(request_: FulfillmentRequest) -> None:
    assert not subjects(request_, charset="ascii", accents="plain")
    # What has no plain letter stays a problem, and so does a SKU with an accent.
    for name in ("東京", "Straße", "12 ¼", "ﬁ"):
        assert subjects(to(request_, name=name), charset="ascii", accents="plain")
    sku = replace(request_, lines=(RequestLine(1, "CAFÉ", Decimal(1)),))
    assert subjects(sku, charset="ascii", accents="plain") == [
        (ProblemKind.MALFORMED_FIELD, "SKU: 'É' (U+00C9)")
    ]


def test_a_text_of_separators_alone_is_not_written_empty(request_: FulfillmentRequest) -> None:
    assert subjects(to(request_, address1="***")) == [
        (ProblemKind.MALFORMED_FIELD, "first address line: nothing that can be written")
    ]


def test_texts_that_are_too_short_are_named(request_: FulfillmentRequest) -> None:
    assert subjects(to(request_, city="Y")) == [
        (ProblemKind.MALFORMED_FIELD, "city: shorter than 2 characters")
    ]
    assert subjects(to(request_, state="N", country="DE"), orders={"long_state": "refuse"}) == [
        (ProblemKind.MALFORMED_FIELD, "state: shorter than 2 characters")
    ]


def test_notes_that_need_more_rows_than_the_partner_takes_are_a_problem(request_: FulfillmentRequest) -> None:
    order = replace(request_, notes="word " * 40)
    assert subjects(order) == [(ProblemKind.FIELD_TOO_LONG, "notes (at most 80)")]
    assert not subjects(order, orders={"note_rows": 3})
    assert not subjects(order, orders={"note_rows": 0})


def test_what_no_warehouse_can_ship_is_found_here_too(request_: FulfillmentRequest) -> None:
    assert partner(**LATIN).problems(replace(request_, lines=()))[0] == NO_LINES
    no_sku = replace(request_, lines=(RequestLine(1, " ", Decimal(1)),))
    assert EMPTY_SKU in partner(**LATIN).problems(no_sku)
    kinds = {kind for kind, _ in subjects(to(request_, address1="", zip_code=""))}
    assert ProblemKind.ADDRESS_INCOMPLETE in kinds


def test_options_of_a_line_are_sent_or_block_the_order_and_are_never_cut(
    request_: FulfillmentRequest,
) -> None:
    order = replace(
        request_, lines=(RequestLine(1, "MUG", Decimal(1), notes="Engraving: Zoe\nGift wrap: yes"),)
    )
    assert subjects(order) == [(ProblemKind.OPTION_TEXT, "no notes under an item")]
    assert not subjects(order, orders={"line_note_rows": 2})
    starred = replace(request_, lines=(RequestLine(1, "MUG", Decimal(1), notes="Engraving: Zoe*1"),))
    assert subjects(starred, orders={"line_note_rows": 2}) == [
        (ProblemKind.MALFORMED_FIELD, "options of a line: '*' (U+002A)")
    ]
    assert subjects(order, orders={"line_note_rows": 1}) == [
        (ProblemKind.FIELD_TOO_LONG, "options of a line (at most 80)")
    ]
