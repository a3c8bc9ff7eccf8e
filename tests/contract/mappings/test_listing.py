"""The rules that a page shows: found by a text and shown some at a time, alike from the ledger and the lanes file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection

from cartage.mappings.changes import MappingChange
from cartage.mappings.listing import SHOWN, RulePage, rules_among, rules_in_ledger
from cartage.mappings.repo import save_mapping_rules
from cartage.mappings.rules import MethodRule, Part, Rule, SkuRule
from cartage.model.orders import ShipMethod

METHODS: tuple[Rule, ...] = (
    MethodRule("Air 100%", ShipMethod("UPS", "Next Day")),
    MethodRule("Ground", ShipMethod("FedEx", "Home_Delivery")),
)
SKUS: tuple[Rule, ...] = (
    SkuRule("KIT", (Part("Mug", 4), Part("POT"))),
    SkuRule("MUG-6", (Part("MUG", 6),)),
    SkuRule("TEA", (Part("T\\EA'"),)),
)
OF_KIND = {"ship_method": METHODS, "sku": SKUS}

List = Callable[..., RulePage]


@pytest.fixture(params=["ledger", "lanes file"])
def listed(request: pytest.FixtureRequest) -> List:
    """List these rules, wherever a lane keeps them."""
    if request.param == "lanes file":
        return lambda kind, find="", number=1: rules_among(OF_KIND[kind], find=find, number=number)
    connection: Connection = request.getfixturevalue("connection")
    save_mapping_rules(connection, "east", MappingChange((*METHODS, *SKUS)), author="ann")
    save_mapping_rules(
        connection, "west", MappingChange((SkuRule("MUG-7", (Part("MUG", 7),)),)), author="bob"
    )
    return lambda kind, find="", number=1: rules_in_ledger(connection, "east", kind, find=find, number=number)


@pytest.mark.parametrize(
    ("kind", "find", "expected"),
    [
        ("ship_method", "", ["Air 100%", "Ground"]),
        ("ship_method", "ground", ["Ground"]),
        ("ship_method", "%", ["Air 100%"]),
        ("ship_method", "_", ["Ground"]),
        ("ship_method", "fedex home", ["Ground"]),
        ("ship_method", "mug", []),
        ("sku", "mug", ["KIT", "MUG-6"]),
        ("sku", "pot", ["KIT"]),
        ("sku", "\\ea'", ["TEA"]),
        ("sku", "sku", []),
    ],
)
def test_a_rule_is_found_by_the_stores_text_and_by_the_warehouses(
    listed: List, kind: str, find: str, expected: list[str]
) -> None:
    found = listed(kind, find)
    assert [rule.store for rule in found.rules] == expected
    assert (found.matching, found.first, found.has_more) == (len(expected), 1, False)


def test_rules_of_the_ledger_have_their_authors(connection: Connection) -> None:
    save_mapping_rules(connection, "east", MappingChange(SKUS), author="ann")
    found = rules_in_ledger(connection, "east", "sku", find="", number=1)
    assert {found.versions[rule].author for rule in found.rules} == {"ann"}


def test_a_page_has_its_share_of_the_rules(connection: Connection) -> None:
    at = datetime(2030, 1, 1, tzinfo=UTC)
    many = tuple(SkuRule(f"OLD-{n:03}", (Part(f"NEW-{n:03}"),), at) for n in range(2 * SHOWN + 1))
    save_mapping_rules(connection, "east", MappingChange(many), author="ann")
    for number, (count, first, more) in {
        1: (SHOWN, 1, True),
        2: (SHOWN, SHOWN + 1, True),
        3: (1, 2 * SHOWN + 1, False),
        4: (0, 3 * SHOWN + 1, False),
    }.items():
        in_ledger = rules_in_ledger(connection, "east", "sku", find="old", number=number)
        assert in_ledger.rules == rules_among(many, find="old", number=number).rules
        assert (len(in_ledger.rules), in_ledger.first, in_ledger.has_more) == (count, first, more)
        assert in_ledger.matching == len(many)
