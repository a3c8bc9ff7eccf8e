"""Plan a change of mapping rules: which versions end, and which are added. Pure.

A rule is never edited. A new rule ends those that overlap with it. The time of an old rule that the new one leaves
free becomes a version of its own: a rule that starts next Monday lets the present one apply until then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from cartage.errors import SettingsError
from cartage.lanes.settings.mappings import TextMatch
from cartage.mappings.rules import MethodRule, Rule, RuleKey, key_text, rule_text, rules_overlap


@dataclass(frozen=True, slots=True)
class MappingChange:
    """What a person wants: rules to `put`, and texts whose rules to `drop`.

    With `whole`, every rule that is not put is dropped; of several warehouses, with `of` only that one's own rules
    (`of` is empty: those for all warehouses). `forced` is the reason to accept carriers and services that
    the warehouse does not offer; empty: they are refused.
    """

    put: tuple[Rule, ...] = ()
    drop: tuple[RuleKey, ...] = ()
    whole: bool = False
    forced: str = ""
    of: str | None = None

    def new_rules(self, plan: MappingPlan) -> tuple[Rule, ...]:
        """Return those of its rules that a plan of it adds; the others are in place already."""
        return tuple(rule for rule in self.put if rule in plan.adds)


@dataclass(frozen=True, slots=True)
class MappingPlan:
    """What a change does: ids of versions that end, and rules that are added; `words` says it for people."""

    ends: tuple[int, ...]
    adds: tuple[Rule, ...]
    unchanged: int
    words: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the change changes nothing."""
        return not (self.ends or self.adds)


def plan_mapping_change(current: Mapping[int, Rule], change: MappingChange, now: datetime) -> MappingPlan:
    """Return what this change does to the current rules, given by id.

    Raises:
        SettingsError: with every rule of the change that is not valid.
    """
    by_key: dict[RuleKey, dict[int, Rule]] = defaultdict(dict)
    for number, rule in current.items():
        by_key[rule.key][number] = rule
    put: dict[RuleKey, list[Rule]] = defaultdict(list)
    for rule in change.put:
        put[rule.key].append(rule)
    mistakes = [str(mistake) for rules in put.values() for mistake in date_clashes(rules)]
    dropped = _dropped(by_key, change, put)
    mistakes += [f"  {key_text(key)}: has no rule to drop." for key in sorted(dropped - by_key.keys())]
    if mistakes:
        raise SettingsError("the mappings", mistakes)
    ends: list[int] = [number for key in dropped for number in by_key[key]]
    adds: list[Rule] = []
    unchanged = 0
    for key, rules in put.items():
        present = by_key.get(key, {})
        kept = [rule for rule in rules if rule in present.values()]
        unchanged += len(kept)
        new = [rule for rule in rules if rule not in kept]
        replaced = {
            number: rule
            for number, rule in present.items()
            if _is_replaced(rule, kept, new, whole=_drops(change, key))
        }
        ends += replaced
        adds += new
        if not _drops(change, key):
            adds += [rest for rule in replaced.values() for rest in _remainders(rule, rules, now)]
    after = [rule for number, rule in current.items() if number not in set(ends)] + adds
    if clashes := [str(mistake) for mistake in order_clashes(after)]:
        raise SettingsError("the mappings", clashes)
    return MappingPlan(tuple(ends), tuple(adds), unchanged, tuple(_words(current, ends, adds)))


@dataclass(frozen=True, slots=True)
class RuleMistake:
    """What is wrong with a rule among others; `place` is its index among them."""

    place: int
    rule: Rule
    reason: str
    fix: str

    def __str__(self) -> str:
        return f"  {rule_text(self.rule)}: {self.reason}. {self.fix}"


def date_clashes(rules: Sequence[Rule]) -> Iterator[RuleMistake]:
    """Yield what is wrong with the dates of rules for the same text: an end before its start, or an overlap."""
    for place, rule in enumerate(rules):
        if rule.valid_from and rule.valid_until and rule.valid_from >= rule.valid_until:
            yield RuleMistake(place, rule, "it ends before it begins", "Correct one of the two dates.")
        for other in islice(rules, place):
            if rules_overlap(rule, other):
                reason = f"{rule_text(other)} is in force at the same time"
                yield RuleMistake(place, rule, reason, "Keep one of the two.")
                break  # A file may have a row a thousand times: one mistake is enough for each.


def order_clashes(rules: Iterable[Rule]) -> Iterator[RuleMistake]:
    """Yield patterns with the same order: which of them is tried first must not be left to chance.

    Those of different warehouses are never tried together, and a warehouse's own come before those for all.
    """
    seen: dict[tuple[str, int], list[MethodRule]] = defaultdict(list)
    for place, rule in enumerate(rules):
        if isinstance(rule, MethodRule) and rule.match is TextMatch.PATTERN:
            for other in seen[rule.warehouse, rule.order]:
                if other.key != rule.key and rules_overlap(rule, other):
                    reason = f"it has the order {rule.order}, and so has pattern {other.store!r}"
                    fix = "Give each pattern its own order; the lowest that matches wins."
                    yield RuleMistake(place, rule, reason, fix)
                    break
            seen[rule.warehouse, rule.order].append(rule)


def _dropped(
    by_key: Mapping[RuleKey, object], change: MappingChange, put: Collection[RuleKey]
) -> set[RuleKey]:
    return (set(change.drop) | {key for key in by_key if _drops(change, key)}) - set(put)


def _drops(change: MappingChange, key: RuleKey) -> bool:
    """Return whether the change drops whatever it does not put of this key's warehouse."""
    return change.whole and change.of in (None, key[2])


def _is_replaced(old: Rule, kept: Collection[Rule], new: Iterable[Rule], *, whole: bool) -> bool:
    return old not in kept and (whole or any(rules_overlap(old, rule) for rule in new))


def _remainders(old: Rule, new: Iterable[Rule], now: datetime) -> Iterator[Rule]:
    """Yield the parts of the old rule's time, if not over, that no new rule takes."""
    remainders = [old]
    for rule in new:
        remainders = [
            rest
            for remainder in remainders
            for rest in (_cut(remainder, rule) if rules_overlap(remainder, rule) else [remainder])
        ]
    yield from (rest for rest in remainders if rest.valid_until is None or rest.valid_until > now)


def _cut(old: Rule, new: Rule) -> Iterator[Rule]:
    if new.valid_from is not None and (old.valid_from is None or old.valid_from < new.valid_from):
        yield replace(old, valid_until=new.valid_from)
    if new.valid_until is not None and (old.valid_until is None or new.valid_until < old.valid_until):
        yield replace(old, valid_from=new.valid_until)


def _words(current: Mapping[int, Rule], ends: Iterable[int], adds: Sequence[Rule]) -> Iterator[str]:
    """Yield each text that changes, with its rules before and after."""
    before: dict[RuleKey, list[str]] = defaultdict(list)
    after: dict[RuleKey, list[str]] = defaultdict(list)
    for number in ends:
        before[current[number].key].append(rule_text(current[number]))
    for rule in adds:
        after[rule.key].append(rule_text(rule))
    for key in dict.fromkeys([*before, *after]):
        old, new = "; ".join(before[key]), "; ".join(after[key])
        yield f"new: {new}" if not old else f"ends: {old}" if not new else f"changed: {old}  =>  {new}"
