"""The mapping rules that a page shows: of one kind, those that contain a text, some at a time.

A merchant may have tens of thousands of SKU rules, more than a browser can show or a person can read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from cartage.mappings.repo import RuleVersion, find_rules
from cartage.mappings.rules import MethodRule, Rule

SHOWN = 100


@dataclass(frozen=True, slots=True)
class RulePage:
    """A page of rules. `matching` is how many there are on all pages; `number` is 1 for the first page.

    `versions` has the author and the time of each; rules of the lanes file have none.
    """

    rules: tuple[Rule, ...]
    matching: int
    number: int
    versions: Mapping[Rule, RuleVersion] = field(default_factory=dict)

    @property
    def first(self) -> int:
        """The place of its first rule among all that match, from 1."""
        return (self.number - 1) * SHOWN + 1

    @property
    def has_more(self) -> bool:
        """Whether a page follows."""
        return self.matching > self.number * SHOWN


def rules_in_ledger(connection: Connection, lane: str, kind: str, *, find: str, number: int) -> RulePage:
    """Return a page of a lane's rules of a kind (`ship_method`, `sku`) that are in force or will be."""
    versions, matching = find_rules(connection, lane, kind, find=find, skip=(number - 1) * SHOWN, size=SHOWN)
    by_rule = {version.rule: version for version in versions}
    return RulePage(tuple(version.rule for version in versions), matching, number, by_rule)


def rules_among(rules: Iterable[Rule], *, find: str, number: int) -> RulePage:
    """Return a page of these rules, which a lane keeps in the lanes file."""
    found = [rule for rule in rules if _contains(rule, find)]
    skip = (number - 1) * SHOWN
    return RulePage(tuple(found[skip : skip + SHOWN]), len(found), number)


def _contains(rule: Rule, find: str) -> bool:
    """Return whether the store's text, or that of the warehouse, contains a text, in any case. As in `find_rules`."""
    if isinstance(rule, MethodRule):
        texts = [rule.store, f"{rule.method.carrier} {rule.method.service}"]
    else:
        texts = [rule.store, *(part.sku for part in rule.parts)]
    return any(find.lower() in text.lower() for text in texts)
