"""Mapping rules in the ledger: saved by plan, in force by the database's clock, their history never lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, text

from cartage.db import Ledger
from cartage.errors import LedgerError, SettingsError
from cartage.lanes.settings.mappings import TextMatch
from cartage.mappings import repo as mappings_repo
from cartage.mappings.changes import MappingChange
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
    mappings_repo.save_mapping_rules(connection, lane, MappingChange(rules), author=author)


def test_what_was_saved_is_in_force_as_it_was_written(connection: Connection) -> None:
    save(connection, ANY, GROUND, KIT, FIRST)
    save(connection, FEDEX, lane="west")
    assert mappings_repo.mappings_in_force(connection, "east") == Mappings((GROUND, FIRST, ANY), (KIT,))
    assert mappings_repo.mappings_in_force(connection, "west") == Mappings((FEDEX,))
    assert mappings_repo.mappings_in_force(connection, "north") == Mappings()


def test_a_rule_is_in_force_between_its_dates_alone(connection: Connection) -> None:
    over = replace(KIT, valid_until=datetime(2020, 1, 1, tzinfo=UTC))
    save(connection, replace(GROUND, valid_from=SOON), over, replace(ANY, valid_until=SOON))
    assert mappings_repo.mappings_in_force(connection, "east") == Mappings((replace(ANY, valid_until=SOON),))
    assert [rule.rule.store for rule in mappings_repo.current_rules(connection, "east")] == ["Ground", "*"]


def test_every_version_stays_with_who_wrote_it_and_who_ended_it(connection: Connection) -> None:
    save(connection, GROUND)
    save(connection, FEDEX, KIT, author="bob")
    mappings_repo.save_mapping_rules(connection, "east", MappingChange(drop=(FEDEX.key,)), author="eve")
    found = mappings_repo.rule_history(connection, "east", kind="ship_method", store="Ground")
    assert [(one.rule, one.author, one.ended_by) for one in found] == [
        (FEDEX, "bob", "eve"),
        (GROUND, "ann", "bob"),
    ]
    assert [one.rule for one in mappings_repo.rule_history(connection, "east", size=1)] == [KIT]
    assert [one.rule for one in mappings_repo.rule_history(connection, "east", before=found[0].id)] == [
        GROUND
    ]


def test_a_proposal_changes_nothing_and_says_what_would_be(connection: Connection) -> None:
    save(connection, GROUND)
    planned, then = mappings_repo.check_mapping_change(
        connection, "east", MappingChange((FEDEX, replace(KIT, valid_from=LATER)))
    )
    assert then == Mappings((FEDEX,))
    assert len(planned.words) == 2
    assert mappings_repo.mappings_in_force(connection, "east") == Mappings((GROUND,))


def test_what_was_changed_meanwhile_is_not_written_over(connection: Connection) -> None:
    seen = mappings_repo.mappings_revision(connection, "east")
    save(connection, GROUND)
    with pytest.raises(LedgerError, match="changed meanwhile"):
        mappings_repo.save_mapping_rules(connection, "east", MappingChange((FEDEX,)), author="bob", seen=seen)
    seen = mappings_repo.mappings_revision(connection, "east")
    mappings_repo.save_mapping_rules(connection, "east", MappingChange((FEDEX,)), author="bob", seen=seen)


def test_two_that_save_at_once_leave_one_rule_in_force(ledger: Ledger) -> None:
    def saving(rule: MethodRule, author: str) -> None:
        with ledger.begin() as connection:
            save(connection, rule, author=author)

    at_once(*(lambda rule=rule, n=n: saving(rule, f"p{n}") for n, rule in enumerate([GROUND, FEDEX] * 3)))
    with ledger.begin() as connection:
        assert len(mappings_repo.mappings_in_force(connection, "east").methods) == 1
        ended = connection.execute(text("SELECT count(*) FROM mapping_rule WHERE ended_by IS NOT NULL"))
        assert ended.scalar_one() == len(mappings_repo.rule_history(connection, "east")) - 1


def test_a_change_that_cannot_be_leaves_all_as_it_was(connection: Connection) -> None:
    save(connection, FIRST)
    with pytest.raises(SettingsError, match="has the order 10"):
        save(connection, GROUND, replace(ANY, order=10))
    assert mappings_repo.mappings_in_force(connection, "east") == Mappings((FIRST,))
