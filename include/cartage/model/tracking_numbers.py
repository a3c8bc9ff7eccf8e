"""Tracking numbers as warehouses write them: several in one field, as a barcode reads, or a note instead. Pure.

A text is split only where that is certain, and an unknown format is kept as it is written: no number is lost or
refused. Formats and check digits are the carriers' published ones:

* UPS: `1Z` and 16 characters (UPS Data Capture, "1Z Tracking Number").
* USPS: 22 or 26 digits that begin with 91 to 95, last digit modulo 10; a barcode has `420` and the ZIP code or ZIP+4
  before them (Publication 199, IMpb). 20 digits for Certified, Insured and Registered Mail (Publication 109).
* FedEx: 12 digits, last digit modulo 11; 15 digits, modulo 10; barcodes of 22 digits (`96`, the number is the last 15)
  and 34 digits (`96` or `100`, the number is the last 14) (FedEx Ground Label Layout Specification).
* International post: two letters, nine digits, two letters (UPU S10). Amazon: `TBA` and digits. OnTrac: C or D and 14
  digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import IntEnum
from itertools import cycle

# Control characters and spaces of all kinds separate like the line break and the blank that they stand for.
_STRONG = re.compile(r"[,;|\r\n\t\v\f\x00\x1c-\x1e\x85\u2028\u2029]+")
_WEAK = re.compile(r"[/&+]")
_INSIDE = re.compile(r"[\s\-.()]+")
_ABSENT = re.compile(r"\bn\s*/\s*a\b", re.IGNORECASE)
_DATE = re.compile(r"\d{1,4}([./:-]\d{1,2}){1,2}([./:-]\d{2,4})?(am|pm)?", re.IGNORECASE)
_SHAPES = re.compile(r"1Z[A-Z0-9]{16}|[A-Z]{2}\d{9}[A-Z]{2}|TBA\d{9,15}|[CD]\d{14}")
_IMPB = re.compile(r"9[1-5](?:\d{20}|\d{24})")
_ROUTED = (re.compile(r"420\d{9}(9[1-5]\d{20})"), re.compile(r"420\d{5}(9[1-5](?:\d{20}|\d{24}))"))
_FEDEX_34 = re.compile(r"(?:96\d{2}|100\d)\d{16}(\d{14})")
_FEDEX_22 = re.compile(r"96\d{5}(\d{15})")
_CERTIFIED = re.compile(r"(?:03|70|71|73|77|81)\d{18}")

# A word of that many characters stands for a number of its own; printed numbers are grouped in shorter ones.
_COMPLETE = 8
_LONGEST_GROUP = 6
_MOST_GROUPS = 12
_SHORTEST = 4
# How long the numbers of known formats are.
_LENGTHS = frozenset({*range(12, 19), 20, 22, 26, 30, 34})
_LONGEST_BARCODE = max(_LENGTHS)


def split_numbers(text: str) -> list[str]:
    """Return the tracking numbers that a field names, each once and bare, in their sequence; empty for a note."""
    found: dict[str, str] = {}
    for part in _STRONG.split(_ABSENT.sub(" ", text)):
        for number in _numbers_of(" ".join(part.split())):
            found.setdefault(number_identity(number), bare_number(number))
    return list(found.values())


def bare_number(number: str) -> str:
    """Return a number as its carrier prints it for people: without the routing code or framing of its barcode.

    A number of an unknown format stays as it is written, with single blanks inside.
    """
    plain = _plain(number)
    for barcode in _ROUTED:
        if (found := barcode.fullmatch(plain)) and _is_usps(found[1]):
            return found[1]
    if (found := _FEDEX_34.fullmatch(plain)) and _is_fedex_express(found[1]):
        return found[1].removeprefix("00")
    if (found := _FEDEX_22.fullmatch(plain)) and _is_modulo_10(found[1]):
        return found[1]
    # Check digits tell two readings of one barcode apart. Where none is right, the prefix alone decides.
    for barcode in _ROUTED:
        if found := barcode.fullmatch(plain):
            return found[1]
    return plain if _is_known(plain) or _IMPB.fullmatch(plain) else " ".join(number.split())


def number_identity(number: str) -> str:
    """Return what all spellings of one number have in common; empty for an empty text."""
    return "".join(bare_number(number).split()).casefold()


def is_note(text: str) -> bool:
    """Return whether a text is no tracking number: `N/A`, `none`, `TBD`, `pickup`, `pickup 11/02`, `0`, a dash.

    No carrier's number is without a digit, or all zeros.
    """
    words = _ABSENT.sub(" ", text).split()
    digits = [character for word in words for character in word if character.isdigit()]
    if not any(digit != "0" for digit in digits):
        return True
    return any(map(_is_label, words)) and all(map(_is_remark, words))


def _numbers_of(part: str) -> Iterator[str]:
    """Yield the numbers of a part without separators that are certain."""
    if is_note(part):
        return
    pieces = [piece.strip() for piece in _WEAK.split(part)]
    if len(pieces) > 1 and all(is_note(piece) or _is_complete(piece) for piece in pieces):
        for piece in pieces:
            yield from _numbers_of(piece)
        return
    words = part.split(" ")
    if len(words) == 1 or _is_grouped(words):
        yield part
        return
    found = _segments(words)
    rest = [text for text, kind in found if kind is not _Kind.REMARK]
    named = any(kind is _Kind.KNOWN for _, kind in found)
    yield from rest if rest and (named or all(map(_is_complete, rest))) else [part]


class _Kind(IntEnum):
    """What a segment of a text is; the value is what it costs to read the text so."""

    KNOWN = 1
    REMARK = 2
    WORD = 1000


def _segments(words: Sequence[str]) -> list[tuple[str, _Kind]]:
    """Cut the words into carriers' numbers, alone or in groups, remarks beside them, and words that are left over.

    Of all ways to cut them, take the one with the fewest words left over.
    """
    plain = [_plain(word) for word in words]
    costs, cuts = [0], [(0, _Kind.WORD)]
    for end in range(1, len(words) + 1):
        kind = _kind_of(words[end - 1])
        best = costs[-1] + kind, end - 1, kind
        together = plain[end - 1]
        for start in range(end - 2, max(-1, end - 1 - _MOST_GROUPS), -1):
            together = plain[start] + together
            if len(together) > _LONGEST_BARCODE:
                break
            if len(together) in _LENGTHS and _is_grouped(words[start:end]):
                best = min(best, (costs[start] + _Kind.KNOWN, start, _Kind.KNOWN))
        costs.append(best[0])
        cuts.append(best[1:])
    found, end = list[tuple[str, _Kind]](), len(words)
    while end:
        start, kind = cuts[end]
        found.append((" ".join(words[start:end]), kind))
        end = start
    return found[::-1]


def _kind_of(word: str) -> _Kind:
    plain = _plain(word)
    if _is_known(plain) or _IMPB.fullmatch(plain) or bare_number(plain) != plain:
        return _Kind.KNOWN
    return _Kind.REMARK if _is_remark(word) else _Kind.WORD


def _is_grouped(run: Sequence[str]) -> bool:
    """Return whether these words together are one number: printed in groups, or a barcode with its ZIP code apart."""
    together = _plain("".join(run))
    if len(run) == 1 or len(together) not in _LENGTHS:
        return False
    if run[0].startswith("420") and any(barcode.fullmatch(together) for barcode in _ROUTED):
        return True
    return all(len(word) <= _LONGEST_GROUP for word in run) and (
        _is_known(together) or bare_number(together) != together
    )


def _plain(number: str) -> str:
    return _INSIDE.sub("", number).upper()


def _is_known(plain: str) -> bool:
    """Return whether this is a carrier's number, by its shape and, where it is digits alone, by its check digit."""
    if _SHAPES.fullmatch(plain):
        return True
    if not (plain.isascii() and plain.isdigit()):
        return False
    return (
        _is_usps(plain)
        or (len(plain) == 12 and _is_fedex_express(plain))
        or (len(plain) == 15 and _is_modulo_10(plain))
    )


def _is_usps(plain: str) -> bool:
    return bool(_IMPB.fullmatch(plain) or _CERTIFIED.fullmatch(plain)) and _is_modulo_10(plain)


def _is_modulo_10(digits: str) -> bool:
    """Check the last digit: from right to left, the others count three times and once by turns."""
    *others, check = map(int, digits)
    total = sum(digit * weight for digit, weight in zip(reversed(others), cycle((3, 1)), strict=False))
    return -total % 10 == check


def _is_fedex_express(digits: str) -> bool:
    """Check the last digit: from right to left, the others count 1, 3 and 7 times by turns, modulo 11, then 10."""
    *others, check = map(int, digits)
    total = sum(digit * weight for digit, weight in zip(reversed(others), cycle((1, 3, 7)), strict=False))
    return total % 11 % 10 == check


def _is_label(word: str) -> bool:
    return not any(character.isdigit() for character in word)


def _is_remark(word: str) -> bool:
    """Return whether a word says something beside a number: it has no digit, is very short, or is a date or time."""
    return _is_label(word) or len(word) < _SHORTEST or bool(_DATE.fullmatch(word))


def _is_complete(text: str) -> bool:
    """Return whether a text is certainly a number of its own."""
    plain = _INSIDE.sub("", text)
    digits = sum(character.isdigit() for character in plain)
    return plain.isalnum() and len(plain) >= _COMPLETE and digits >= len(plain) // 2
