"""The page of a lane's mappings: rules are found by a text, and a long list is shown some at a time."""

from __future__ import annotations

import re

import pytest

from cartage.mappings.listing import SHOWN
from tests.contract.desk.desk_client import DeskClient
from tests.contract.rows import Rows

MANY = SHOWN + 20


@pytest.fixture
def many_rules(in_ledger: DeskClient, rows: Rows) -> DeskClient:
    """Return the desk of a lane with more SKU rules in the ledger than a page shows, and one ship method."""
    for number in range(MANY):
        target = f'[{{"sku": "NEW-{number:03}", "quantity": 1}}]'
        rows.add(
            "mapping_rule", lane="east", kind="sku", store=f"OLD-{number:03}", target=target, author="ann"
        )
    method = '{"carrier": "UPS", "service": "Ground", "billing": "", "account": "", "scac": ""}'
    rows.add(
        "mapping_rule",
        lane="east",
        kind="ship_method",
        match="normalised",
        store="Parcel",
        target=method,
        author="ann",
    )
    return in_ledger


def skus_on(page: str) -> list[str]:
    return re.findall(r"<td>(OLD-\d+)</td>", page)


def test_a_long_list_is_shown_some_at_a_time(many_rules: DeskClient) -> None:
    first = many_rules.get("mappings").text
    assert skus_on(first) == [f"OLD-{number:03}" for number in range(SHOWN)]
    assert f"{MANY} SKU rules, of which 1 to {SHOWN} are here." in many_rules.text("mappings")
    [link] = re.findall(r'rel="next" href="mappings\?([^"]+)"', first)
    query = dict(part.split("=") for part in link.replace("&amp;", "&").split("&"))
    last = many_rules.get("mappings", **query).text
    assert skus_on(last) == [f"OLD-{number:03}" for number in range(SHOWN, MANY)]
    assert 'rel="next"' not in last
    assert 'rel="prev"' in last
    # The methods are all on each page.
    assert first.count("<td>Parcel</td>") == last.count("<td>Parcel</td>") == 1


def test_rules_are_found_by_part_of_a_text_of_either_side(many_rules: DeskClient) -> None:
    page = many_rules.get("mappings", find="new-11").text
    assert skus_on(page) == [f"OLD-{number}" for number in range(110, 120)]
    assert "<td>Parcel</td>" not in page
    found = many_rules.text("mappings", find="ground")
    assert "1 ship method rule that contains “ground”." in found
    assert "0 SKU rules that contain “ground”." in found


def test_what_a_person_looks_for_is_shown_as_text(many_rules: DeskClient) -> None:
    page = many_rules.get("mappings", find='"><b>x').text
    assert "<b>x" not in page
    assert "&lt;b&gt;x" in page


def test_a_short_list_says_nothing_of_pages(desk: DeskClient) -> None:
    page = desk.get("mappings").text
    assert 'rel="next"' not in page
    assert "are here" not in page
