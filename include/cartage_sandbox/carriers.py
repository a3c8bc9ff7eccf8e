"""Tracking numbers in the shapes of the carriers, all different, with their check digits."""

from __future__ import annotations

import random


def tracking_number(carrier: str, rng: random.Random, serial: int) -> str:
    """Return a number for a parcel of `carrier`; `serial` makes it unique among ten million."""
    serial %= 10**7
    match carrier.upper():
        case "UPS":
            body = f"{rng.getrandbits(32):08X}{serial:07d}"
            return f"1Z{body}{_ups_digit(body)}"
        case "USPS":
            body = f"9400{rng.randrange(10**10):010d}{serial:07d}"
            return f"{body}{_modulo_10(body)}"
        case "FEDEX":
            body = f"{rng.randrange(10**4):04d}{serial:07d}"
            weighted = sum(int(digit) * weight for digit, weight in zip(body, (3, 1, 7) * 4, strict=False))
            return f"{body}{weighted % 11 % 10}"
        case _:
            return f"{rng.getrandbits(16):04X}{serial:08d}"


def _modulo_10(body: str) -> int:
    """USPS Publication 199: from the right, digits count three times and once by turns."""
    total = sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(reversed(body)))
    return -total % 10


def _ups_digit(body: str) -> int:
    """UPS: every second character counts twice; letters count from A = 2."""
    values = [int(each) if each.isdigit() else (ord(each) - 63) % 10 for each in body]
    return -sum(value * (1, 2)[place % 2] for place, value in enumerate(values)) % 10
