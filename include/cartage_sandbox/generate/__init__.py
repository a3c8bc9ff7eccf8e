"""Seeded catalogues and orders of every kind in 3dcart-api.md section 12, each with a known kind.

It makes data, and knows neither HTTP nor the engine.
"""

from __future__ import annotations

from cartage_sandbox.generate.catalogue import Catalogue, Good, generate_catalogue
from cartage_sandbox.generate.kinds import DEFAULT_MIX, EXPECTED, HEALTHY_MIX, MAKERS, Expected
from cartage_sandbox.generate.making import CARD_MARKS
from cartage_sandbox.generate.methods import SHIP_METHODS, UNMAPPED_METHOD
from cartage_sandbox.generate.money import amount_of
from cartage_sandbox.generate.orders import Labelled, generate_labelled, generate_orders
from cartage_sandbox.generate.troubled import HUGE, UNKNOWN_SKUS

KINDS: tuple[str, ...] = tuple(MAKERS)

__all__ = [
    "CARD_MARKS",
    "DEFAULT_MIX",
    "EXPECTED",
    "HEALTHY_MIX",
    "HUGE",
    "KINDS",
    "SHIP_METHODS",
    "UNKNOWN_SKUS",
    "UNMAPPED_METHOD",
    "Catalogue",
    "Expected",
    "Good",
    "Labelled",
    "amount_of",
    "generate_catalogue",
    "generate_labelled",
    "generate_orders",
]
