"""Suggestions for an unmapped ship method or an unknown SKU: the warehouse's most similar names. Pure.

A suggestion is for a person to accept or ignore; it never sends an order by itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cartage.model.orders import ShipMethod
from cartage.model.texts import comparable

# A lower score is chance: `Ground` and `Freight` score 31 of 100.
_LEAST_SCORE = 60.0
# The score of a text that names only a carrier, or of a carrier without services.
_CARRIER_ALONE = 65.0
# Subtracted from the score of a service at another carrier than the one that the text names.
_OTHER_CARRIER = 30.0
# Words that checkouts put around a service and that warehouses do not use in its name.
_NOISE = frozenset(
    {
        "free",
        "shipping",
        "delivery",
        "standard",
        "business",
        "day",
        "days",
        "flat",
        "rate",
        "by",
        "via",
        "the",
    }
)
# Spellings of checkouts and carriers for the same thing: whole words in lower case.
_SPELLINGS = {
    "second": "2",
    "2nd": "2",
    "third": "3",
    "3rd": "3",
    "two": "2",
    "three": "3",
    "overnight": "next",
    "intl": "international",
}
_WORDS = re.compile(r"[^\W\d_]+|\d+(?:st|nd|rd|th)?")
# Transit times are not part of a service's name: `(5-7 days)`, `2-3 business days`.
_TRANSIT_TIME = re.compile(r"\d+\s*(?:-|to)\s*\d+\s*(?:business\s+)?days?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MethodSuggestion:
    """A ship method of the warehouse, and how similar the names are: 0 to 100."""

    ship_method: ShipMethod
    score: float

    def __str__(self) -> str:
        return self.ship_method.shown


def suggest_methods(
    method_text: str, offered: Sequence[ShipMethod], limit: int = 3
) -> list[MethodSuggestion]:
    """Return the offered methods that are most similar to the store's text, the best first; none if nothing is similar.

    Words count in any order, and without what checkouts add: `Free Shipping (USPS Priority 2-3 business
    days)` is closest to carrier USPS, service Priority Mail. If the text names one of the carriers, a service of the
    same name at another carrier scores much lower.
    """
    wanted = words_of(method_text)
    methods = list(dict.fromkeys(offered))
    named = {method.carrier for method in methods if _names(wanted, method.carrier)}
    scored = [MethodSuggestion(method, _score(wanted, method, named)) for method in methods]
    similar = [suggestion for suggestion in scored if suggestion.score >= _LEAST_SCORE]
    return sorted(similar, key=lambda suggestion: (-suggestion.score, str(suggestion)))[:limit]


def suggest_skus(sku: str, known: Sequence[str], limit: int = 3) -> list[tuple[str, float]]:
    """Return the warehouse's SKUs that are most similar to this one with their scores (0 to 100), the best first.

    Letter case and punctuation do not count: `MUG_RED-2` equals `mug red 2`.
    """
    from rapidfuzz import fuzz, process, utils

    found = process.extract(
        sku,
        known,
        scorer=fuzz.ratio,
        processor=lambda name: utils.default_process(comparable(name)),
        score_cutoff=_LEAST_SCORE,
        limit=max(limit, 1),
    )
    return [(name, round(score, 1)) for name, score, _ in found]


def favourite_of(suggestions: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the best of a cause's suggestions; None if there is none, or two are as similar in whole percent.

    A person who sees two equal suggestions must choose, not confirm.
    """
    if not suggestions:
        return None
    best, *others = sorted(suggestions, key=lambda suggestion: -float(suggestion["score"]))
    tied = others and round(float(others[0]["score"])) == round(float(best["score"]))
    return None if tied else best


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a method's name that distinguish it; all of them if none is left otherwise."""
    folded = unicodedata.normalize("NFKD", _TRANSIT_TIME.sub(" ", comparable(text, name=True)))
    found = tuple(_SPELLINGS.get(word, word) for word in _WORDS.findall(folded))
    return tuple(word for word in found if word not in _NOISE) or found


def _names(wanted: Sequence[str], carrier: str) -> bool:
    return bool(words_of(carrier)) and set(words_of(carrier)) <= set(wanted)


def _score(wanted: Sequence[str], method: ShipMethod, named: Collection[str]) -> float:
    """Return how similar the service's name is to the text without the carrier's name."""
    from rapidfuzz import fuzz

    carrier = words_of(method.carrier) if method.carrier in named else ()
    rest = " ".join(word for word in wanted if word not in carrier)
    service = " ".join(words_of(method.title or method.service))
    if not rest or not service:
        # One of the two names only the carrier.
        return _CARRIER_ALONE if carrier else 0.0
    # A text may have less than the service's full name (`Priority`) or more (`Priority Mail, insured`).
    similarity = 0.5 * fuzz.token_sort_ratio(rest, service) + 0.5 * fuzz.token_set_ratio(rest, service)
    at_other_carrier = bool(named) and method.carrier not in named
    return round(similarity - (_OTHER_CARRIER if at_other_carrier else 0.0), 1)
