"""Invented customers and addresses, domestic and foreign, plain and in every script.

All names, numbers and domains are made up or reserved for examples.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

_FIRST = (
    "Robin", "Alex", "Sam", "Jordan", "Casey", "Riley", "Morgan", "Avery", "Quinn", "Rowan", "Harper",
    "Emery", "Finley", "Marlow", "Tatum", "Ellis",
)  # fmt: skip
_LAST = (
    "Example", "Sample", "Fictive", "Madeup", "Invented", "Halfway-Smith", "Testerson", "Pretend", "Novell",
    "Imagine", "O'Fable", "Storey",
)  # fmt: skip
_UNICODE_NAMES = (
    ("Zoë", "Example-O\u2019Neil"), ("José María", "Núñez"), ("Łukasz", "Żółć"), ("小明", "王"),
    ("さくら", "佐藤"), ("Анна", "Иванова"), ("نور", "الدين"), ("Ame\u0301lie", "Dupre\u0301"),
    ("Sam\u200b", "Zero\u00a0Width"), ("Kai 🚲", "Emoji"),
    ("\u200f\u05d3\u05d5\u05d3", "\u05db\u05d4\u05df"), ("Bjørn", "Ærøskøbing"),
)  # fmt: skip
_STREETS = (
    "Invented Way", "Sample Street", "Nowhere Lane", "Example Avenue", "Fiction Road", "Made Up Blvd",
    "Paper Mill Rd", "Harbor View Dr",
)  # fmt: skip
_CITIES = (
    ("Springfield", "FL", "33000"), ("Riverton", "TX", "75001"), ("Lakeside", "CA", "90210"),
    ("Fairview", "NY", "10001"), ("Hill Valley", "OH", "43004"), ("Brookfield", "WA", "98001"),
    ("Georgetown", "GA", "30301"), ("Maplewood", "IL", "60007"),
)  # fmt: skip
_ABROAD = (
    ("Toronto", "ON", "M5V 2T6", "CA", "+1 416 555 0142"),
    ("London", "Greater London", "SW1A 1AA", "GB", "+44 20 7946 0018"),
    ("Berlin", "Berlin", "10115", "DE", "+49 30 23125 042"),
    ("Sydney", "NSW", "2000", "AU", "+61 2 5550 1234"),
    ("東京", "東京都", "100-0001", "JP", "+81 3 5550 0123"),
    ("Montréal", "QC", "H2Y 1C6", "CA", "+1 514 555 0199"),
    ("München", "Bayern", "80331", "DE", "0049891234567"),
    ("Santa Fe", "Ciudad de Mexico", "01210", "MX", "+52 55 5550 0123"),
)


@dataclass(frozen=True, slots=True)
class Person:
    """A customer."""

    first: str
    last: str
    email: str
    phone: str
    company: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a parcel goes."""

    line1: str
    line2: str
    city: str
    state: str
    zip_code: str
    country: str = "US"


def person(rng: Random) -> Person:
    """Return a customer with a plain name."""
    first, last = rng.choice(_FIRST), rng.choice(_LAST)
    number = rng.randrange(10_000)
    email = f"{first}.{last}{number}@example.test".lower().replace("'", "")
    company = rng.choice(("", "", "", "Sample & Sons Ltd.", "Example Works Inc."))
    return Person(first, last, email, f"555-010-{number:04d}", company)


def unicode_person(rng: Random) -> Person:
    """Return a customer whose name is beyond ASCII."""
    first, last = rng.choice(_UNICODE_NAMES)
    return Person(first, last, f"customer{rng.randrange(10_000)}@example.test", "", "")


def address(rng: Random) -> Address:
    """Return an address in the United States."""
    city, state, zip_code = rng.choice(_CITIES)
    line2 = rng.choice(("", "", "", f"Apt {rng.randint(1, 60)}", f"Suite {rng.randint(100, 900)}"))
    return Address(f"{rng.randint(1, 9999)} {rng.choice(_STREETS)}", line2, city, state, zip_code)


def foreign(rng: Random) -> tuple[Address, str]:
    """Return an address abroad, and a phone number as written there."""
    city, state, zip_code, country, phone = rng.choice(_ABROAD)
    return Address(f"{rng.choice(_STREETS)} {rng.randint(1, 200)}", "", city, state, zip_code, country), phone
