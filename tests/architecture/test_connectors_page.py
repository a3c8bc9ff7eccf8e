"""The page that compares the connectors is what they declare now."""

from __future__ import annotations

import pytest

from cartage.lanes.connectors import connector_names, has_catalogue
from cartage.warehouses.comparison import COMPARED, ComparedConnector, comparison, with_comparison
from tests.architecture.imports import ROOT


def test_the_page_has_the_comparison_as_it_is() -> None:
    page = (ROOT / "docs/connectors.md").read_text(encoding="utf-8")
    assert page == with_comparison(page), "run: python -m cartage.warehouses.comparison docs/connectors.md"
    assert len(comparison().splitlines()) > 15


def test_every_connector_is_compared() -> None:
    assert {each.connector for each in COMPARED} == set(connector_names())
    assert len(COMPARED) == len({each.connector for each in COMPARED}) == 4
    assert [each.page for each in COMPARED if not (ROOT / "docs" / each.page).is_file()] == []


def test_a_page_without_markers_is_not_overwritten() -> None:
    with pytest.raises(ValueError, match="needs a line"):
        with_comparison("# Connectors\n")


@pytest.mark.parametrize("compared", COMPARED, ids=lambda compared: compared.connector)
def test_each_named_setting_changes_what_the_connector_can_do(compared: ComparedConnector) -> None:
    default = compared.opened().capabilities
    assert [
        name for name, value in compared.choices if compared.opened(**{name: value}).capabilities == default
    ] == []


@pytest.mark.parametrize("compared", COMPARED, ids=lambda compared: compared.connector)
def test_a_lane_has_a_catalogue_just_where_its_warehouse_claims_one(compared: ComparedConnector) -> None:
    """Validation asks the package, without opening the account: it must not run into `NotSupported`."""
    for changes in ({}, *({name: value} for name, value in compared.choices)):
        settings = {**compared.settings, **changes}
        claimed = compared.opened(**changes).capabilities.catalogue
        assert has_catalogue(compared.connector, settings) is claimed, changes
