"""Rules as documents: JSON can hold every rule, and the rule read back is the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from cartage.lanes.settings.mappings import TextMatch
from cartage.mappings.documents import rule_document, rule_from
from cartage.mappings.rules import MethodRule, Part, Rule, SkuRule
from cartage.model.orders import ShipMethod

MONDAY, FRIDAY = datetime(2026, 11, 2, 8, tzinfo=UTC), datetime(2026, 11, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    "rule",
    [
        MethodRule(" Ground (5–7 days) ", ShipMethod("UPS", "Ground"), TextMatch.EXACT),
        MethodRule(
            "*air*", ShipMethod("UPS", "Air", "third party", "A1", "UPSN"), TextMatch.PATTERN, 20, MONDAY
        ),
        SkuRule("MUG-6", (Part("MUG", 6),)),
        SkuRule("=SET", (Part("MUG", 4), Part("TEAPOT")), MONDAY, FRIDAY),
    ],
)
def test_a_rule_is_the_same_after_json(rule: Rule) -> None:
    assert rule_from(json.loads(json.dumps(rule_document(rule)))) == rule


def test_a_document_without_a_warehouse_is_a_rule_for_all() -> None:
    document = rule_document(SkuRule("MUG", (Part("CUP"),), warehouse="west"))
    assert rule_from(document).warehouse == "west"
    del document["warehouse"]
    assert rule_from(document) == SkuRule("MUG", (Part("CUP"),))
