"""Damaged mapping files: every sound row is read as it was meant, every odd one is named, and nothing crashes.

`CARTAGE_HOSTILE` sets how many are tried (default 300), `CARTAGE_HOSTILE_SEED` the seed (default 1).
"""

from __future__ import annotations

import os
from random import Random

from cartage.mappings.files import RulesFile, read_rules_file
from cartage.spreadsheets import BadFile
from tests.unit.mappings.hostile_files import HostileFile, hostile_files

_MANY = int(os.environ.get("CARTAGE_HOSTILE", "300"))
_SEED = int(os.environ.get("CARTAGE_HOSTILE_SEED", "1"))


def test_sound_rows_are_read_as_written_and_odd_rows_are_named_by_row_and_column() -> None:
    tried = odd = 0
    for file in hostile_files(_SEED, _MANY):
        found = read_rules_file(file.content, "rules")
        assert found.rules == file.rules, file
        assert {(mistake.row, mistake.column) for mistake in found.mistakes} == file.odd, file
        assert all(mistake.reason and mistake.fix for mistake in found.mistakes)
        tried, odd = tried + len(file.rules), odd + len(file.odd)
    assert tried >= _MANY
    assert odd >= _MANY / 2


def test_files_with_random_bytes_are_read_or_refused_with_a_reason() -> None:
    refused = 0
    for place, file in enumerate(hostile_files(_SEED, _MANY)):
        found = _read(_noisy(file, Random(f"{_SEED}-{place}-noise")))
        mistakes = found.rows if isinstance(found, BadFile) else found.mistakes
        assert all(mistake.reason and mistake.fix for mistake in mistakes)
        assert str(found).isprintable() or "\n" in str(found)
        refused += isinstance(found, BadFile)
    assert refused


def test_the_same_seed_makes_the_same_files() -> None:
    assert list(hostile_files(3, 20)) == list(hostile_files(3, 20))
    assert list(hostile_files(3, 20)) != list(hostile_files(4, 20))


def _read(content: bytes) -> RulesFile | BadFile:
    try:
        return read_rules_file(content, "rules")
    except BadFile as refusal:
        return refusal


def _noisy(file: HostileFile, random: Random) -> bytes:
    """Return the file with some bytes changed, cut out or doubled."""
    content = bytearray(file.content)
    for _ in range(random.randint(1, 8)):
        place, many = random.randrange(len(content)), random.randint(1, 40)
        kind = random.choice(["change", "cut", "double", "end"])
        if kind == "change":
            content[place] = random.randrange(256)
        elif kind == "cut":
            del content[place : place + many]
        elif kind == "double":
            content[place:place] = content[place : place + many]
        else:
            del content[max(place, 1) :]
        if not content:
            break
    return bytes(content)
