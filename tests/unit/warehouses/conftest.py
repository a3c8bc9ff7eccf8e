"""Return an ordinary order that tests vary."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cartage.model.orders import Address, FulfillmentRequest, RequestLine, ShipMethod


@pytest.fixture
def request_() -> FulfillmentRequest:
    return FulfillmentRequest(
        reference="A3_31882_0",
        display_number="AB-1000",
        ordered_at=None,
        ship_to=Address(
            name="Zoë Brontë",
            address1="12 Harbor Road",
            city="Rochester",
            state="NY",
            zip_code="14607",
            country="US",
            phone="585 555 0117",
            email="zoe@example.com",
        ),
        ship_method=ShipMethod(carrier="UPS", service="Ground", scac="UPSN"),
        lines=(
            RequestLine(line_id=71, sku="MUG-RED", quantity=Decimal(2)),
            RequestLine(line_id=72, sku="TEA-100G", quantity=Decimal("1.5")),
        ),
        notes="Leave at the door",
    )
