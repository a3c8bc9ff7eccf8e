"""Suggestions for an unmapped ship method or an unknown SKU: what of the warehouse reads most alike. Pure: no I/O.

A suggestion is for a person to take or leave; no order is ever sent by one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from cartage.model.orders import ShipMethod

# Below this the likeness is chance: `Ground` and `Freight` share 31 of 100.
_LEAST_SCORE = 60.0
# A text that names a carrier and no service, or a carrier without services.
_CARRIER_ALONE = 65.0
# What the same service counts for less at another carrier than the one that the text names.
_OTHER_CARRIER = 30.0
# Words that checkouts put around a service, and that no warehouse's name for it holds.
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
# What checkouts and carriers write for the same thing. Whole words, after folding.
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
# What reads like neither a number of days nor a service: `(5-7 days)`, `2-3 business days`.
_TRANSIT_TIME = re.compile(r"\d+\s*(?:-|to)\s*\d+\s*(?:business\s+)?days?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MethodSuggestion:
    """A method of the warehouse, and how alike the names are: 0 to 100."""

    ship_method: ShipMethod
    score: float

    def __str__(self) -> str:
        return " ".join(filter(None, (self.ship_method.carrier, self.ship_method.service)))


def suggest_methods(
    method_text: str, offered: Sequence[ShipMethod], limit: int = 3
) -> list[MethodSuggestion]:
    """The offered methods that read most like the store's text, best first; none if nothing is alike.

    Words count in any order and without what checkouts add: `Free Shipping (USPS Priority 2-3 business
    days)` is nearest to carrier USPS, service Priority Mail. Where the text names one of the carriers, another
    carrier's service of the same name comes far behind.
    """
    wanted = words_of(method_text)
    methods = list(dict.fromkeys(offered))
    named = {method.carrier for method in methods if _names(wanted, method.carrier)}
    scored = [MethodSuggestion(method, _score(wanted, method, named)) for method in methods]
    alike = [one for one in scored if one.score >= _LEAST_SCORE]
    return sorted(alike, key=lambda one: (-one.score, str(one)))[:limit]


def suggest_skus(sku: str, known: Sequence[str], limit: int = 3) -> list[tuple[str, float]]:
    """The warehouse's SKUs that read most like this one, with their likeness (0 to 100), best first.

    Letter case and signs do not count: `MUG_RED-2` is `mug red 2`.
    """
    from rapidfuzz import fuzz, process, utils

    found = process.extract(
        sku,
        known,
        scorer=fuzz.ratio,
        processor=utils.default_process,
        score_cutoff=_LEAST_SCORE,
        limit=max(limit, 1),
    )
    return [(name, round(score, 1)) for name, score, _ in found]


def words_of(text: str) -> tuple[str, ...]:
    """The words of a method's name that tell it from others; all of them if nothing else is left."""
    folded = unicodedata.normalize("NFKD", _TRANSIT_TIME.sub(" ", text)).casefold()
    found = tuple(_SPELLINGS.get(word, word) for word in _WORDS.findall(folded))
    return tuple(word for word in found if word not in _NOISE) or found


def _names(wanted: Sequence[str], carrier: str) -> bool:
    return bool(words_of(carrier)) and set(words_of(carrier)) <= set(wanted)


def _score(wanted: Sequence[str], method: ShipMethod, named: Collection[str]) -> float:
    """How alike the service's name and the rest of the text are, once the carrier's is taken out of it."""
    from rapidfuzz import fuzz

    carrier = words_of(method.carrier) if method.carrier in named else ()
    rest = " ".join(word for word in wanted if word not in carrier)
    service = " ".join(words_of(method.service))
    if not rest or not service:
        # The carrier is all that one of the two says.
        return _CARRIER_ALONE if carrier else 0.0
    # A text may hold less than the service's full name (`Priority`) or more (`Priority Mail, insured`).
    alike = 0.5 * fuzz.token_sort_ratio(rest, service) + 0.5 * fuzz.token_set_ratio(rest, service)
    elsewhere = bool(named) and method.carrier not in named
    return round(alike - (_OTHER_CARRIER if elsewhere else 0.0), 1)
