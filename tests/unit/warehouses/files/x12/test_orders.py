"""The 940: what is written of an order, by the partner's settings."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from cartage.errors import Refused
from cartage.model.orders import Address, FulfillmentRequest, RequestLine, ShipMethod
from tests.unit.warehouses.files.x12.helpers import AT, interchange, only_set, partner, rows

LATIN = {"charset": "latin-1"}


@pytest.fixture
def order(request_: FulfillmentRequest) -> FulfillmentRequest:
    return replace(request_, ordered_at=datetime(2026, 11, 1, 3, tzinfo=UTC))


def written(order: FulfillmentRequest, **changes: Any) -> list[str]:
    content = partner(**{**LATIN, **changes}).write([order], 7, AT).content
    return rows(only_set(content, "latin-1"))


def test_an_order_is_written_in_the_sequence_of_the_standard(order: FulfillmentRequest) -> None:
    assert written(order) == [
        "W05*N*A3_31882_0*AB-1000",
        "N1*ST*Zoë Brontë",
        "N3*12 Harbor Road",
        "N4*Rochester*NY*14607*US",
        "PER*CN*Zoë Brontë*TE*585 555 0117*EM*zoe@example.com",
        "NTE*GEN*Leave at the door",
        "W66*PP*U***UPS Ground*****UPSN",
        "LX*1",
        "W01*2*EA**SK*MUG-RED",
        "LX*2",
        "W01*1.5*EA**SK*TEA-100G",
        "W76*3.5",
    ]


def test_the_envelope_has_the_ids_the_local_time_and_the_number_of_the_document(
    order: FulfillmentRequest,
) -> None:
    document = partner(**LATIN, time_zone="America/New_York").write([order], 31, AT)
    isa, group, *_ = document.content.decode("latin-1").split("~")
    assert isa == (
        "ISA*00*          *00*          *ZZ*OUTFIT         *ZZ*ACME3PL        *261102*1004*U*00401*000000031*0*P*>"
    )
    assert len(isa) == 105
    assert group == "GS*OW*OUTFIT*ACME3PL*20261102*1004*31*X*004010"
    assert (document.name, document.references) == ("940_000000031.edi", ("A3_31882_0",))


def test_release_005010_names_its_repetition_separator(order: FulfillmentRequest) -> None:
    content = partner(**LATIN, release="005010", production=False).write([order], 1, AT).content
    found = interchange(content, "latin-1").header.elements
    assert (found[11], found[12], found[15]) == ("^", "00501", "T")


def test_the_same_arguments_give_the_same_bytes(order: FulfillmentRequest) -> None:
    assert partner(**LATIN).write([order], 7, AT) == partner(**LATIN).write([order], 7, AT)


def test_a_file_with_several_orders_numbers_its_sets_by_their_position(order: FulfillmentRequest) -> None:
    others = [replace(order, reference=f"A3_{number}_0") for number in range(3)]
    document = partner(**LATIN, orders_per_file=3).write(others, 7, AT)
    (group,) = interchange(document.content, "latin-1").groups
    assert [(found.number, rows(found.content())[0]) for found in group.sets] == [
        (f"{place:04d}", f"W05*N*A3_{place - 1}_0*AB-1000") for place in (1, 2, 3)
    ]
    assert document.references == ("A3_0_0", "A3_1_0", "A3_2_0")


def test_the_control_number_begins_again_after_nine_digits(order: FulfillmentRequest) -> None:
    for number, control in ((999_999_999, "999999999"), (1_000_000_000, "000000001")):
        document = partner(**LATIN).write([order], number, AT)
        found = interchange(document.content, "latin-1")
        assert (found.number, found.groups[0].number) == (control, control.lstrip("0"))
        assert (document.number, document.name) == (number, f"940_{number}.edi")


def test_separators_in_text_become_blanks(order: FulfillmentRequest) -> None:
    address = replace(order.ship_to, name="Zoë*Brontë~", address2="c/o A>B\nfloor 2")
    found = written(replace(order, ship_to=address, notes="ring\ttwice*please"))
    assert "N1*ST*Zoë Brontë" in found
    assert "N3*12 Harbor Road*c/o A B floor 2" in found
    assert "NTE*GEN*ring twice please" in found


def test_a_company_beside_the_name_has_a_row_and_alone_it_is_the_name(order: FulfillmentRequest) -> None:
    both = written(replace(order, ship_to=replace(order.ship_to, company="Acme & Sons")))
    assert both[1:3] == ["N1*ST*Zoë Brontë", "N2*Acme & Sons"]
    alone = written(replace(order, ship_to=replace(order.ship_to, name="", company="Acme & Sons")))
    assert alone[1:3] == ["N1*ST*Acme & Sons", "N3*12 Harbor Road"]


def test_a_region_without_a_code_has_a_place_of_its_own(order: FulfillmentRequest) -> None:
    abroad = replace(order, ship_to=replace(order.ship_to, state="Bayern", zip_code="80331", country="DE"))
    assert "N4*Rochester**80331*DE*SP*Bayern" in written(abroad)
    assert "N4*Rochester**80331*DE" in written(abroad, orders={"long_state": "omit"})
    assert partner(**LATIN, orders={"long_state": "refuse"}).problems(abroad)


def test_what_a_partner_wants_beside_is_written_where_the_settings_say(order: FulfillmentRequest) -> None:
    orders = {
        "parties": [{"entity": "DE", "name": "OUTFITTERS", "id_qualifier": "91", "id": "0042"}],
        "references": [
            {"qualifier": "CO", "value": "display_number"},
            {"qualifier": "11", "value": "billing_account"},
            {"qualifier": "DP", "text": "WEB"},
        ],
        "dates": [{"qualifier": "04", "value": "ordered"}, {"qualifier": "10", "value": "sent"}],
        "po_number": "reference",
        "line_qualifier": "LI",
        "line_note_rows": 2,
        "contact": False,
        "note_rows": 0,
        "unit": "PC",
        "sku_qualifier": "VN",
        "store_sku_qualifier": "SK",
        "routing": "service",
        "payment_codes": {"prepaid": "PC"},
    }
    lines = (RequestLine(71, "MUG-RED", Decimal(2), "Red mug", "OUR-MUG", "Engraving: Zoe\nGift wrap: yes"),)
    method = ShipMethod("UPS", "GND", "PREPAID", account="A1B2C3")
    assert written(replace(order, lines=lines, ship_method=method), orders=orders) == [
        "W05*N*A3_31882_0*A3_31882_0",
        "N1*DE*OUTFITTERS*91*0042",
        "N1*ST*Zoë Brontë",
        "N3*12 Harbor Road",
        "N4*Rochester*NY*14607*US",
        "N9*CO*AB-1000",
        "N9*11*A1B2C3",
        "N9*DP*WEB",
        "G62*04*20261101",
        "G62*10*20261102",
        "W66*PC*U***GND",
        "LX*1",
        "W01*2*PC**VN*MUG-RED*SK*OUR-MUG",
        "G69*Red mug",
        "N9*LI*71",
        "NTE*GEN*Engraving: Zoe",
        "NTE*GEN*Gift wrap: yes",
        "W76*2",
    ]


def test_other_separators_and_line_ends_are_written(order: FulfillmentRequest) -> None:
    separators = {"element": "|", "terminator": "!", "component": ":", "line_end": "crlf"}
    content = partner(**LATIN, separators=separators).write([order], 7, AT).content
    assert content.startswith(b"ISA|00|") and content.endswith(b"IEA|1|000000007!\r\n")
    assert rows(only_set(content, "latin-1"))[0] == "W05*N*A3_31882_0*AB-1000"


def test_a_cancel_says_what_was_ordered_under_the_code_of_the_partner(order: FulfillmentRequest) -> None:
    settings = {**LATIN, "orders": {"cancel_code": "F"}, "cancel_file": "cancel_{number}.edi"}
    document = partner(**settings).write_cancel(order, 8, AT)
    assert document is not None
    assert document.name == "cancel_000000008.edi"
    found = rows(only_set(document.content, "latin-1"))
    assert found[0] == "W05*F*A3_31882_0*AB-1000"
    assert found[1:] == written(order)[1:]
    assert partner(**settings).cancels
    assert not partner().cancels
    assert partner().write_cancel(order, 8, AT) is None


def test_a_file_that_cancels_has_no_orders_and_is_still_one_of_ours(order: FulfillmentRequest) -> None:
    settings = {**LATIN, "orders": {"cancel_code": "F"}}
    document = partner(**settings).write_cancel(order, 8, AT)
    assert document is not None
    assert partner(**settings).own_orders(document.content) == ()
    assert partner(**LATIN).own_orders(document.content) is None


def test_an_order_with_problems_is_never_written(order: FulfillmentRequest) -> None:
    broken = replace(order, lines=(RequestLine(1, "MUG*RED", Decimal(1)),))
    with pytest.raises(Refused) as refused:
        partner(**LATIN).write([order, broken], 7, AT)
    assert [problem.subject for problem in refused.value.problems] == ["SKU: '*' (U+002A)"]


def test_long_notes_have_as_many_rows_as_the_partner_takes(order: FulfillmentRequest) -> None:
    notes = "please leave it with the neighbour " * 4
    assert [row for row in written(replace(order, notes=notes), orders={"note_rows": 2}) if "NTE" in row] == [
        "NTE*GEN*please leave it with the neighbour please leave it with the neighbour please",
        "NTE*GEN*leave it with the neighbour please leave it with the neighbour",
    ]


def test_an_address_without_anything_beside_needs_no_rows(order: FulfillmentRequest) -> None:
    bare = Address("A B", "", "1 Road", "", "Reno", "NV", "89501", "US")
    found = written(replace(order, ship_to=bare, notes="", ship_method=ShipMethod("")))
    assert found[1:5] == ["N1*ST*A B", "N3*1 Road", "N4*Reno*NV*89501*US", "W66*PP*U"]
