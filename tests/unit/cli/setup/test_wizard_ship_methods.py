"""The wizard's ship methods: a service alone where it is clear, and what a warehouse without a list is asked."""

from __future__ import annotations

from collections import Counter

import pytest

from cartage.cli.setup.wizard.asking import Asking
from cartage.cli.setup.wizard.ship_methods import ask_ship_methods, show_offered
from cartage.errors import SettingsError
from cartage.model.orders import ShipMethod

AMAZON = (ShipMethod("Amazon", "Standard"), ShipMethod("Amazon", "Expedited"))
TWO_CARRIERS = (ShipMethod("UPS", "03", title="Ground"), ShipMethod("FedEx", "FG", title="Ground"))


def chosen(value: str, offered: tuple[ShipMethod, ...]) -> ShipMethod:
    return ask_ship_methods(Asking(interactive=False), Counter(), offered, {"Any text": value})["Any text"]


@pytest.mark.parametrize("value", ["standard", "Amazon/Standard", " STANDARD "])
def test_a_service_that_one_carrier_has_needs_no_carrier(value: str) -> None:
    assert chosen(value, AMAZON) == AMAZON[0]


@pytest.mark.parametrize("value", ["Ground", "Night"])
def test_a_service_of_several_carriers_or_of_none_is_refused_with_an_example(value: str) -> None:
    with pytest.raises(SettingsError, match=r"write CARRIER/SERVICE, such as UPS/Ground"):
        chosen(value, TWO_CARRIERS)


def test_without_a_list_of_carriers_what_is_written_counts() -> None:
    assert chosen("UPS/Ground", ()) == ShipMethod("UPS", "Ground")


def test_a_warehouse_without_a_list_shows_no_empty_table(capsys: pytest.CaptureFixture[str]) -> None:
    show_offered(())
    assert capsys.readouterr().out.startswith("This warehouse does not list its carriers and services.")
