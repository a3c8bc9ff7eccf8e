"""Mapping rules in the ledger: saved by a plan, in force by the database's clock, with a complete history."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, text

from cartage.db import Ledger
from cartage.errors import LedgerError, SettingsError
from cartage.lanes.settings.mappings import TextMatch
from cartage.mappings.changes import MappingChange
from cartage.mappings.repo import (
    check_mapping_change,
    current_rules,
    mappings_in_force,
    mappings_revision,
    rule_history,
    save_mapping_rules,
)
from cartage.mappings.rules import Mappings, MethodRule, Part, SkuRule
from cartage.model.orders import ShipMethod
from tests.contract.world import at_once

GROUND = MethodRule("Ground", ShipMethod("UPS", "Ground", "ThirdParty", "123", "UPSN"))
FEDEX = MethodRule("Ground", ShipMethod("FedEx", "Home Delivery"), TextMatch.EXACT)
ANY = MethodRule("*", ShipMethod("UPS"), TextMatch.PATTERN, 20)
FIRST = MethodRule("U*", ShipMethod("USPS"), TextMatch.PATTERN, 10)
KIT = SkuRule("SET", (Part("MUG", 4), Part("POT")))
SOON, LATER = datetime.now(UTC) + timedelta(days=1), datetime.now(UTC) + timedelta(days=2)


def save(
    connection: Connection, *rules: MethodRule | SkuRule, author: str = "ann", lane: str = "east"
) -> None:
    save_mapping_rules(connection, lane, MappingChange(rules), author=author)


def test_saved_rules_are_in_force_unchanged(connection: Connection) -> None:
    save(connection, ANY, GROUND, KIT, FIRST)
    save(connection, FEDEX, lane="west")
    assert mappings_in_force(connection, "east") == Mappings((GROUND, FIRST, ANY), (KIT,))
    assert mappings_in_force(connection, "west") == Mappings((FEDEX,))
    assert mappings_in_force(connection, "north") == Mappings()


def test_a_rule_is_in_force_only_between_its_dates(connection: Connection) -> None:
    over = replace(KIT, valid_until=datetime(2020, 1, 1, tzinfo=UTC))
    save(connection, replace(GROUND, valid_from=SOON), over, replace(ANY, valid_until=SOON))
    assert mappings_in_force(connection, "east") == Mappings((replace(ANY, valid_until=SOON),))
    assert [rule.rule.store for rule in current_rules(connection, "east")] == ["Ground", "*"]


def test_every_version_is_kept_with_its_author_and_with_who_ended_it(connection: Connection) -> None:
    save(connection, GROUND)
    save(connection, FEDEX, KIT, author="bob")
    save_mapping_rules(connection, "east", MappingChange(drop=(FEDEX.key,)), author="eve")
    found = rule_history(connection, "east", kind="ship_method", store="Ground")
    assert [(version.rule, version.author, version.ended_by) for version in found] == [
        (FEDEX, "bob", "eve"),
        (GROUND, "ann", "bob"),
    ]
    assert [version.rule for version in rule_history(connection, "east", size=1)] == [KIT]
    assert [version.rule for version in rule_history(connection, "east", before=found[0].id)] == [GROUND]


def test_checking_a_change_changes_nothing_and_returns_the_result(connection: Connection) -> None:
    save(connection, GROUND)
    planned, then = check_mapping_change(
        connection, "east", MappingChange((FEDEX, replace(KIT, valid_from=LATER)))
    )
    assert then == Mappings((FEDEX,))
    assert len(planned.words) == 2
    assert mappings_in_force(connection, "east") == Mappings((GROUND,))


def test_a_change_made_meanwhile_is_not_overwritten(connection: Connection) -> None:
    seen = mappings_revision(connection, "east")
    save(connection, GROUND)
    with pytest.raises(LedgerError, match="changed meanwhile"):
        save_mapping_rules(connection, "east", MappingChange((FEDEX,)), author="bob", seen=seen)
    seen = mappings_revision(connection, "east")
    save_mapping_rules(connection, "east", MappingChange((FEDEX,)), author="bob", seen=seen)


def test_two_people_who_save_at_once_leave_one_rule_in_force(ledger: Ledger) -> None:
    def saving(rule: MethodRule, author: str) -> None:
        with ledger.begin() as connection:
            save(connection, rule, author=author)

    at_once(*(lambda rule=rule, n=n: saving(rule, f"p{n}") for n, rule in enumerate([GROUND, FEDEX] * 3)))
    with ledger.begin() as connection:
        assert len(mappings_in_force(connection, "east").methods) == 1
        ended = connection.execute(text("SELECT count(*) FROM mapping_rule WHERE ended_by IS NOT NULL"))
        assert ended.scalar_one() == len(rule_history(connection, "east")) - 1


def test_an_invalid_change_leaves_everything_unchanged(connection: Connection) -> None:
    save(connection, FIRST)
    with pytest.raises(SettingsError, match="has the order 10"):
        save(connection, GROUND, replace(ANY, order=10))
    assert mappings_in_force(connection, "east") == Mappings((FIRST,))
