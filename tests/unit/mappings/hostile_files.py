"""Mapping files with damage: sound rules, rows that a spreadsheet or an editor has damaged, and how the file is saved.

Everything is drawn from a seed. A file knows which rules its sound rows say, and in which cells something is odd.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from cartage.lanes.settings.mappings import TextMatch
from cartage.mappings.rules import MethodRule, Part, Rule, RuleKey, SkuRule
from cartage.model.orders import ShipMethod
from tests.unit.spreadsheets.workbooks import number, row, shared, sheet, text, workbook_parts, zipped

_COLUMNS = ("kind", "store", "match", "order", "carrier", "service", "item", "quantity")
# Texts that are sound, although they look as if they were not. The second kind needs an apostrophe in CSV.
_SOUND = (
    "Ground (5-7 days)",
    "0012",
    "00000000000012345678901",
    'TEA 2" x 4", blue',
    "'quoted'",
    "1E5",
    "12-34",
    "2 x 4",
    "NaN",
    "null",
    "#1 seller",
    "LUMBER\nlong, in two lines",
    "a;b,c\td",
    "kind",
)
_LETTERS = ("Café", "Größe", "Piñata")
_WIDE = ("茶", "Чай", "☕ mug", "A\u202eB")
_ESCAPED = ("=1+1", "-7", "+1", "@home", "8.94E+12", "TRUE", "#N/A", "1-Mar", "2026-03-01", "''=x")
_ODD_IN_CSV = (
    *("#N/A", "#REF!", "#DIV/0!", "Err:502", "#####"),
    *("8.94E+12", "8,94E+12", "1.23457E+21", "1234567890123450000000"),
    *("TRUE", "FALSE", "1-Mar", "Mar-26", "3/1/2026", "01.03.2026", "2026-03-01 00:00:00"),
    *("=A1&B1", '=HYPERLINK("http://x","y")', "A\0B", "\x1b[31mred", "half \ufffd"),
)
_ODD_IN_XLSX = (
    *('<c t="e"><v>#N/A</v></c>', '<c t="e"><v>#REF!</v></c>'),
    *('<c t="b"><v>1</v></c>', '<c t="b"><v>0</v></c>', '<c t="b"><v>maybe</v></c>'),
    *("<c><f>A1+1</f></c>", "<c><f>A1+1</f><v></v></c>", '<c><f t="shared" si="0"/></c>'),
    *('<c t="e"><f>VLOOKUP(A1,B:C,2)</f><v>#N/A</v></c>', "<c><f>1/3</f><v>0.33333333333333331</v></c>"),
    *('<c t="d"><v>2026-03-01T00:00:00</v></c>', '<c t="d"><v>soon</v></c>'),
    *(number("45000", 1), number("0.5", 5), number("1e300", 1), number("8940000000000", 2), number("12", 3)),
    *(number("0.5"), number("1234567890123456789012"), number("1.2345678901234568E+21"), number("1e999")),
    *(number("abc"), number("1_000"), number("0x1F"), number("NaN"), number("9" * 5000), number("12", 77)),
    *(shared(99_999), shared("x"), shared(-1), text("8.94E+12"), text("#N/A"), text("A_x0000_B")),
    *(text("_xD800_"), '<c t="zz"><v>1</v></c>'),
)
# How a sound number or text may also be stored.
_NUMBERS = (("12", "12"), ("12.0", "12"), ("1.2345678901E10", "12345678901"), ("999999999999999", "9" * 15))


@dataclass(frozen=True, slots=True)
class HostileFile:
    """A file, the rules that are sound in it, and the cells (row, column) that are not."""

    content: bytes
    rules: tuple[Rule, ...]
    odd: frozenset[tuple[int, str]]
    done: tuple[str, ...]


@dataclass(slots=True)
class _Row:
    """A row as it is meant; `raw` has what stands in a cell instead, `whole` damages the row itself."""

    cells: dict[str, str]
    raw: dict[str, str] = field(default_factory=dict)
    whole: str = ""


def hostile_files(seed: int, many: int) -> Iterator[HostileFile]:
    """Yield that many files, half of them CSV."""
    for place in range(many):
        random = Random(f"{seed}-{place}")
        yield _csv(random) if place % 2 else _xlsx(random)


def _csv(random: Random) -> HostileFile:
    encoding = random.choice(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
    texts = _SOUND + _ESCAPED + (_LETTERS if encoding == "cp1252" else _LETTERS + _WIDE)
    rules, rows = _sound_rows(random, texts)
    odd_texts = [odd for odd in _ODD_IN_CSV if encoding != "cp1252" or odd.isascii()]
    sound, rows = _damage(random, rules, rows, odd_texts, ["unclosed", "stray", "extra", "headings"])
    delimiter, end = random.choice(",;\t"), random.choice(["\n", "\r\n", "\r"])
    lines, odd, number_ = [_line(random, dict(zip(_COLUMNS, _COLUMNS, strict=True)), delimiter)], set(), 1
    for wanted in rows:
        if random.random() < 0.1:
            lines.append(random.choice(["", delimiter * (len(_COLUMNS) - 1)]))
            number_ += 1
        number_ += 1
        cells = {name: _escaped(cell) for name, cell in wanted.cells.items()} | wanted.raw
        line = _line(random, cells, delimiter)
        place = (number_, next(iter(wanted.raw), ""))
        if wanted.whole == "unclosed":
            cells["store"] = "UNCLOSED"
            line = (
                _line(random, cells, delimiter)
                .replace('"UNCLOSED"', "UNCLOSED")
                .replace("UNCLOSED", '"UNCLOSED')
            )
            place = (number_, "store")
        elif wanted.whole == "stray":
            cells["store"] = "STRAY"
            line = _line(random, cells, delimiter).replace('"STRAY"', "STRAY").replace("STRAY", '"STRAY"Y')
            place = (number_, "store")
        elif wanted.whole == "extra":
            line, place = f"{line}{delimiter}more", (number_, "")
        elif wanted.whole == "headings":
            line, place = lines[0], (number_, "kind")
        lines.append(line)
        if wanted.raw or wanted.whole:
            odd.add(place)
    content = (end.join(lines) + random.choice(["", end])).encode(encoding)
    if random.random() < 0.1 and encoding.startswith("utf-8"):
        content = f"sep={delimiter}{end}".encode(encoding) + content.removeprefix(b"\xef\xbb\xbf")
    return HostileFile(content, sound, frozenset(odd), _done(rows, encoding, repr(delimiter), repr(end)))


def _xlsx(random: Random) -> HostileFile:
    rules, rows = _sound_rows(random, _SOUND + _LETTERS + _WIDE)
    sound, rows = _damage(random, rules, rows, _ODD_IN_XLSX, ["headings", "cut"])
    strings: list[str] = ["never used"]
    numbered = random.random() < 0.7
    written, odd, number_ = [row([_cell(random, name, strings) for name in _COLUMNS], 1)], set(), 1
    for wanted in rows:
        # A row that is cut off has no number.
        number_ += random.choice([1, 1, 1, 3]) if numbered and wanted.whole != "cut" else 1
        if wanted.whole == "cut":
            written.append("<row><c><v></row>")
            odd.add((number_, ""))
            break
        cells = {name: _cell(random, wanted.cells.get(name, ""), strings) for name in _COLUMNS} | wanted.raw
        if wanted.whole == "headings":
            cells = {name: text(name) for name in _COLUMNS}
        if wanted.raw or wanted.whole:
            odd.add((number_, next(iter(wanted.raw), "kind")))
        written.append(row(list(cells.values()), number_ if numbered else ""))
    dimension = random.choice(["", "A1", "A1:B2", "A1:XFD1048576", "nonsense"])
    parts = workbook_parts(sheet(written, dimension), strings)
    return HostileFile(zipped(parts), sound, frozenset(odd), _done(rows, "xlsx", dimension))


def _sound_rows(random: Random, texts: Sequence[str]) -> tuple[list[Rule], list[_Row]]:
    """Return rules whose texts differ, and their rows."""
    rules: list[Rule] = []
    rows: list[_Row] = []
    for place in range(random.randint(1, 8)):
        # The number keeps texts apart; at the end, so that the text's beginning stays what it is.
        store, item = random.choice(texts), random.choice(texts)
        if random.random() < 0.3:
            store = f"{store} {place}"
        if any(rule.key in _keys(store) for rule in rules):
            store = f"S{place}"
        kind = random.choice(["method", "sku", "kit"])
        if kind == "method":
            rules.append(MethodRule(store, ShipMethod("UPS", item), TextMatch.NORMALISED))
            rows.append(_Row({"kind": "ship_method", "store": store, "carrier": "UPS", "service": item}))
            continue
        parts = [Part(item, random.randint(1, 99))]
        if kind == "kit":
            parts.append(Part(f"POT {place}", 1))
        rules.append(SkuRule(store, tuple(parts)))
        rows += [
            _Row({"kind": "sku", "store": store, "item": part.sku, "quantity": str(part.quantity)})
            for part in parts
        ]
    return rules, rows


def _keys(store: str) -> tuple[RuleKey, ...]:
    return MethodRule(store, ShipMethod("")).key, SkuRule(store, ()).key


def _damage(
    random: Random, rules: list[Rule], rows: list[_Row], odd: Sequence[str], whole: Sequence[str]
) -> tuple[tuple[Rule, ...], list[_Row]]:
    """Return the rules that stay sound, and the rows with up to three damaged ones among them."""
    for place in range(random.randint(0, 3)):
        cells = {"kind": "sku", "store": f"ODD {place}", "item": "MUG", "quantity": "1"}
        kits = [rule for rule in rules if isinstance(rule, SkuRule) and len(rule.parts) > 1]
        if random.random() < 0.25:
            damaged = _Row(cells, whole=random.choice(whole))
        elif random.random() < 0.25 and kits:
            damaged = _Row({**cells, "store": random.choice(kits).store}, {"item": random.choice(odd)})
        else:
            damaged = _Row(cells, {random.choice(["kind", "store", "item", "quantity"]): random.choice(odd)})
        rows.insert(random.randint(0, len(rows)), damaged)
    cut = next((place for place, wanted in enumerate(rows) if wanted.whole == "cut"), len(rows))
    kept = _in(rows[:cut], rules)
    return kept, rows[: cut + 1]


def _in(rows: Sequence[_Row], rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """Return the rules of which a row is there; a kit has the items of these rows, and is unsound if one is odd."""
    found: list[Rule] = []
    for rule in rules:
        there = [wanted for wanted in rows if wanted.cells["store"] == rule.store]
        if any(wanted.raw for wanted in there):
            continue
        if isinstance(rule, SkuRule):
            items = {wanted.cells.get("item") for wanted in there}
            there_parts = tuple(part for part in rule.parts if part.sku in items)
            found += [SkuRule(rule.store, there_parts)] if there_parts else []
        elif there:
            found.append(rule)
    return tuple(found)


def _escaped(cell: str) -> str:
    """Return a text as a person writes it who wants it to stay as it is."""
    bare = cell.lstrip("'")
    return f"'{cell}" if bare in _ESCAPED or bare.startswith(("=", "+", "-", "@")) else cell


def _line(random: Random, cells: Mapping[str, str], delimiter: str) -> str:
    out = io.StringIO()
    quoting: Literal[0, 1] = csv.QUOTE_ALL if random.random() < 0.5 else csv.QUOTE_MINIMAL
    csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator="\r\n").writerow(
        [cells.get(name, "") for name in _COLUMNS]
    )
    return out.getvalue().removesuffix("\r\n")


def _cell(random: Random, wanted: str, strings: list[str]) -> str:
    """Return a cell of a workbook in one of the ways in which programs store a text or a small number."""
    for stored, digits in _NUMBERS:
        if wanted == digits and random.random() < 0.7:
            return number(stored)
    if wanted and wanted.isdecimal() and not wanted.startswith("0") and len(wanted) < 16:
        return random.choice([number(wanted), number(f"{wanted}.0"), text(wanted)])
    if wanted and random.random() < 0.5:
        strings.append(wanted)
        return shared(len(strings) - 1)
    return text(wanted)


def _done(rows: Sequence[_Row], *how: str) -> tuple[str, ...]:
    return (*how, *(wanted.whole or repr(wanted.raw) for wanted in rows if wanted.whole or wanted.raw))
