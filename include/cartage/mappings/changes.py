"""A change of mapping rules, planned: which versions end, and which are added. Pure: no I/O.

A rule is never edited. A new one ends those that it overlaps, and what it leaves of their time goes on as a version of
its own: so a rule that begins next Monday lets the present one run until then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cartage.errors import SettingsError
from cartage.lanes.settings.mappings import TextMatch
from cartage.mappings.rules import MethodRule, Rule, RuleKey, rule_text, rules_overlap


@dataclass(frozen=True, slots=True)
class MappingChange:
    """What a person wants: rules to `put` in place, and texts whose rules are to be dropped.

    With `whole` every rule that is not put is dropped.
    """

    put: tuple[Rule, ...] = ()
    drop: tuple[RuleKey, ...] = ()
    whole: bool = False


@dataclass(frozen=True, slots=True)
class MappingPlan:
    """What a change does: versions that end (by id), and rules that are added; in words, for people."""

    ends: tuple[int, ...]
    adds: tuple[Rule, ...]
    unchanged: int
    words: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether all is as it was."""
        return not (self.ends or self.adds)


def plan_mapping_change(standing: Mapping[int, Rule], change: MappingChange, now: datetime) -> MappingPlan:
    """What becomes of the standing rules, by id, with this change.

    Raises:
        SettingsError: names every rule of the change that cannot be.
    """
    by_key: dict[RuleKey, dict[int, Rule]] = defaultdict(dict)
    for number, rule in standing.items():
        by_key[rule.key][number] = rule
    put: dict[RuleKey, list[Rule]] = defaultdict(list)
    for rule in change.put:
        put[rule.key].append(rule)
    mistakes = [str(at_odd) for rules in put.values() for at_odd in date_clashes(rules)]
    dropped = _dropped(by_key, change, put)
    mistakes += [f"  {key[0]} {key[1]!r}: has no rule to drop." for key in dropped - by_key.keys()]
    if mistakes:
        raise SettingsError("the mappings", mistakes)
    ends: list[int] = [number for key in dropped for number in by_key[key]]
    adds: list[Rule] = []
    unchanged = 0
    for key, rules in put.items():
        here = by_key.get(key, {})
        kept = [rule for rule in rules if rule in here.values()]
        unchanged += len(kept)
        new = [rule for rule in rules if rule not in kept]
        over = {n: one for n, one in here.items() if _gives_way(one, kept, new, whole=change.whole)}
        ends += over
        adds += new
        if not change.whole:
            adds += [rest for one in over.values() for rest in _left(one, rules, now)]
    after = [rule for number, rule in standing.items() if number not in set(ends)] + adds
    if crossed := [str(one) for one in order_clashes(after)]:
        raise SettingsError("the mappings", crossed)
    return MappingPlan(tuple(ends), tuple(adds), unchanged, tuple(_words(standing, ends, adds)))


@dataclass(frozen=True, slots=True)
class RuleMistake:
    """What is wrong with a rule among others; `place` is its place among them."""

    place: int
    rule: Rule
    reason: str
    fix: str

    def __str__(self) -> str:
        return f"  {rule_text(self.rule)}: {self.reason}. {self.fix}"


def date_clashes(rules: Sequence[Rule]) -> Iterator[RuleMistake]:
    """What is wrong with rules for one and the same text: an end before its beginning, or two at one time."""
    for place, rule in enumerate(rules):
        if rule.valid_from and rule.valid_until and rule.valid_from >= rule.valid_until:
            yield RuleMistake(place, rule, "it ends before it begins", "Correct one of the two dates.")
        for other in rules[:place]:
            if rules_overlap(rule, other):
                reason = f"{rule_text(other)} is in force at the same time"
                yield RuleMistake(place, rule, reason, "Keep one of the two.")


def order_clashes(rules: Iterable[Rule]) -> Iterator[RuleMistake]:
    """Patterns of one order: which of the two is tried first must never be chance."""
    seen: dict[int, list[MethodRule]] = defaultdict(list)
    for place, rule in enumerate(rules):
        if isinstance(rule, MethodRule) and rule.match is TextMatch.PATTERN:
            for other in seen[rule.order]:
                if other.key != rule.key and rules_overlap(rule, other):
                    reason = f"it has the order {rule.order}, and so has pattern {other.store!r}"
                    fix = "Give each pattern an order of its own; the lowest that fits wins."
                    yield RuleMistake(place, rule, reason, fix)
            seen[rule.order].append(rule)


def _dropped(
    by_key: Mapping[RuleKey, object], change: MappingChange, put: Collection[RuleKey]
) -> set[RuleKey]:
    return (set(change.drop) | (set(by_key) if change.whole else set())) - set(put)


def _gives_way(old: Rule, kept: Collection[Rule], new: Iterable[Rule], *, whole: bool) -> bool:
    return old not in kept and (whole or any(rules_overlap(old, one) for one in new))


def _left(old: Rule, new: Iterable[Rule], now: datetime) -> Iterator[Rule]:
    """The stretches of the old rule's time, if not over, that none of the new ones takes."""
    left = [old]
    for rule in new:
        left = [rest for one in left for rest in (_cut(one, rule) if rules_overlap(one, rule) else [one])]
    yield from (one for one in left if one.valid_until is None or one.valid_until > now)


def _cut(old: Rule, new: Rule) -> Iterator[Rule]:
    if new.valid_from is not None and (old.valid_from is None or old.valid_from < new.valid_from):
        yield replace(old, valid_until=new.valid_from)
    if new.valid_until is not None and (old.valid_until is None or new.valid_until < old.valid_until):
        yield replace(old, valid_from=new.valid_until)


def _words(standing: Mapping[int, Rule], ends: Iterable[int], adds: Sequence[Rule]) -> Iterator[str]:
    """Each text that changes, with what it was and what it will be."""
    before: dict[RuleKey, list[str]] = defaultdict(list)
    after: dict[RuleKey, list[str]] = defaultdict(list)
    for number in ends:
        before[standing[number].key].append(rule_text(standing[number]))
    for rule in adds:
        after[rule.key].append(rule_text(rule))
    for key in dict.fromkeys([*before, *after]):
        old, new = "; ".join(before[key]), "; ".join(after[key])
        yield f"new: {new}" if not old else f"ends: {old}" if not new else f"changed: {old}  =>  {new}"
