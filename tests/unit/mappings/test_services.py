"""Services by code and by name: a mapping means one of the warehouse's services, or stays as it is."""

from __future__ import annotations

import pytest

from cartage.errors import SettingsError
from cartage.mappings.rules import Mappings, MethodRule
from cartage.mappings.services import (
    OfferedServices,
    WarehouseOffers,
    refuse_unoffered,
    resolve_services,
)
from cartage.model.orders import ShipMethod

GROUND = ShipMethod("UPS", "03", title="Ground")
NEXT_DAY = ShipMethod("UPS", "01", title="Next Day Air")
# Its name is another service's code.
MISLEADING = ShipMethod("UPS", "93", title="03")
HOME = ShipMethod("FedEx", "90", title="Home Delivery")
SERVICES = OfferedServices([GROUND, NEXT_DAY, MISLEADING, GROUND, HOME, ShipMethod("Courier")])


@pytest.mark.parametrize(
    ("carrier", "service", "code"),
    [
        ("UPS", "03", "03"),
        ("UPS", "Ground", "03"),
        ("ups", " GROUND ", "03"),
        ("U.P.S.", "next-day air", "01"),
        ("FedEx", "home delivery", "90"),
    ],
)
def test_a_service_is_meant_by_code_or_name_in_any_spelling(carrier: str, service: str, code: str) -> None:
    [found] = SERVICES.matching(carrier, service)
    assert found.service == code
    resolved = SERVICES.resolved(ShipMethod(carrier, service, billing="ThirdParty"))
    assert (resolved.carrier, resolved.service, resolved.title) == (found.carrier, code, found.title)
    assert resolved.billing == "ThirdParty"


@pytest.mark.parametrize(
    ("carrier", "service"),
    [("UPS", "Moon"), ("UPS", ""), ("UPS", "—"), ("FedEx", "Ground"), ("Owl Post", "03"), ("Courier", "Any")],
)
def test_a_service_that_is_not_offered_stays_as_the_mapping_says(carrier: str, service: str) -> None:
    method = ShipMethod(carrier, service)
    assert SERVICES.matching(carrier, service) == ()
    assert SERVICES.resolved(method) == method
    assert SERVICES.title_of(carrier, service) == service


def test_a_name_of_several_services_means_none_of_them() -> None:
    services = OfferedServices([GROUND, ShipMethod("UPS", "G2", title="ground")])
    assert [found.service for found in services.matching("UPS", "GROUND")] == ["03", "G2"]
    assert services.resolved(ShipMethod("UPS", "GROUND")).service == "GROUND"
    # Written exactly, it is one of them.
    assert services.resolved(ShipMethod("UPS", "Ground")).service == "03"


def test_of_a_carrier_all_services_are_known_once_in_the_order_of_the_warehouse() -> None:
    assert SERVICES.of_carrier("ups") == [GROUND, NEXT_DAY, MISLEADING]
    assert SERVICES.of_carrier("Owl Post") == ()


def test_people_see_the_name_of_a_service_and_its_code_where_it_has_none() -> None:
    assert SERVICES.title_of("UPS", "01") == "Next Day Air"
    assert OfferedServices([ShipMethod("UPS", "01")]).title_of("UPS", "01") == "01"
    assert OfferedServices(()).title_of("UPS", "01") == "01"


def test_mappings_are_resolved_and_keep_everything_else() -> None:
    rules = (MethodRule("Fast", ShipMethod("UPS", "Next Day Air")), MethodRule("Boat", ShipMethod("Ferry")))
    resolved = resolve_services(Mappings(methods=rules), SERVICES.methods)
    assert [(rule.store, rule.method.service) for rule in resolved.methods] == [("Fast", "01"), ("Boat", "")]
    assert resolve_services(Mappings(methods=rules), ()) == Mappings(methods=rules)


def rule(carrier: str, service: str) -> MethodRule:
    return MethodRule("Ground (5-7 days)", ShipMethod(carrier, service))


def test_a_carrier_or_service_that_is_not_offered_is_refused_with_what_is_offered() -> None:
    offered = [ShipMethod("UPS", "03", title="Ground"), ShipMethod("UPS", "02", title="2nd Day Air")]
    with pytest.raises(SettingsError) as refused:
        refuse_unoffered(
            [rule("UPS", "Grond"), rule("DHL", ""), rule("ups", "ground")], WarehouseOffers({"": offered})
        )
    assert "offers no service 'Grond' of UPS. It offers 2nd Day Air, Ground." in str(refused.value)
    assert "offers no carrier 'DHL'. It offers UPS." in str(refused.value)
    assert str(refused.value).count("Ground (5-7 days)") == 2


@pytest.mark.parametrize(("carrier", "service"), [("UPS", "03"), ("ups", "GROUND"), ("UPS", "")])
def test_what_is_offered_in_any_spelling_and_a_carrier_alone_are_accepted(carrier: str, service: str) -> None:
    refuse_unoffered(
        [rule(carrier, service)], WarehouseOffers({"": [ShipMethod("UPS", "03", title="Ground")]})
    )


def test_without_a_known_offer_nothing_is_refused() -> None:
    refuse_unoffered([rule("DHL", "Express")], WarehouseOffers({"": []}))


def test_a_long_offer_is_named_in_part() -> None:
    offered = [ShipMethod("UPS", f"{number:02}") for number in range(30)]
    with pytest.raises(SettingsError, match="10, 11 and 18 more"):
        refuse_unoffered([rule("UPS", "Ground")], WarehouseOffers({"": offered}))
