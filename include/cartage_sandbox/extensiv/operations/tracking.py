"""Tracking numbers in the shapes of the carriers, all different.

They look as a reader expects; check digits are not computed.
"""

from __future__ import annotations

import random


def tracking_number(carrier: str, rng: random.Random, serial: int) -> str:
    """Return a number for a parcel of `carrier`; `serial` makes it unique."""
    match carrier.upper():
        case "UPS":
            return f"1Z{rng.getrandbits(32):08X}{serial:08d}"
        case "USPS":
            return f"9400{rng.randrange(10**10):010d}{serial:08d}"
        case "FEDEX":
            return f"{rng.randrange(10**4):04d}{serial:08d}"
        case _:
            return f"{rng.getrandbits(16):04X}{serial:08d}"
