"""Any bytes given to the reader are values or a named quarantine, never an error. `make formats` tries more of them."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from x12 import parse_x12_interchange, tokenize_x12

from cartage.warehouses.documents import DocumentPart
from cartage.warehouses.files.formats import ReadFile
from tests.unit.warehouses.files.examples import many_examples
from tests.unit.warehouses.files.x12.helpers import AT, SAMPLES, document, from_partner, partner

GOOD = [path.read_bytes() for path in sorted(SAMPLES.iterdir())]
READERS = [
    partner(),
    partner(
        stock={"snapshot": "full", "location": "RENO"},
        lenient=["se01", "se02", "ge01", "ge02", "se", "ge", "iea"],
    ),
    partner(
        shipments={"short_is_final": True, "key": "shipment_id", "reference_places": ["W06-06", "N9*CO"]}
    ),
]
# What files are made of, so that damage is not always noise.
_TOKENS = (
    b"*",
    b"~",
    b">",
    b"\n",
    b"\r\n",
    b"ISA",
    b"GS*SW*",
    b"ST*945*0001~",
    b"SE*1*1~",
    b"GE*1*1~",
    b"IEA*1*1~",
)
_WORDS = (
    b"W12*CP*9**9*CA~",
    b"LX*1~",
    b"MAN*CP**~",
    b"LIN**SK~",
    b"QTY*33*~",
    b"AK1*OW*1~",
    b"AK9*P~",
    b"\x00",
    b"\xff",
)
_NAMES = "W06 W12 LX MAN N9 W27 G62 BIA LIN QTY SCH CTT W07 W17 W15 W19 AK1 AK2 AK3 AK4 AK5 AK9"
_VALUES = ("", "CP", "SK", "33", "OW", "A", "R", "P", "EA", "CA", "1", "-1", "9" * 25, "1E9", "NaN")
_ROW = st.sampled_from(_NAMES.split())
_ELEMENT = st.sampled_from(_VALUES) | st.text(st.characters(blacklist_characters="*~\n\r"), max_size=12)
_HEADER = from_partner([]).partition("GS*")[0].encode()


def read_everything(content: bytes) -> list[ReadFile]:
    """Read bytes with every partner, as they came and released, and what is held of them by itself."""
    found = []
    for reader in READERS:
        held = reader.read(document(content))
        released = reader.read(document(content), released=True)
        found += [held, released]
        for kept in held.quarantined[:3]:
            found.append(reader.read(document(kept.content), released=True))
        reply = reader.reply(document(content), 5, AT)
        assert (reply is not None) == held.wants_reply
        if reply is not None:
            parse_x12_interchange(tokenize_x12(reply.content))
    return found


def check(found: ReadFile) -> None:
    """Check that what was read can be stored, and that what was not has its reason."""
    for kept in found.quarantined:
        assert kept.reason and kept.fix and kept.where
    for row in found.unreadable:
        assert row.what and row.content_hash
    assert all(each.reference and each.key and each.packages for each in found.shipments)
    assert all(each.number >= 0 for each in found.responses)
    assert found.parts <= set(DocumentPart)
    if found.stock_full:
        assert found.stock and not found.quarantined and not found.unreadable
    check_storable(found)


def check_storable(node: Any) -> None:
    """Check that a database takes every text and number."""
    match node:
        case str():
            node.encode()
            assert "\x00" not in node
        case Decimal():
            assert node.is_finite()
        case tuple() | frozenset():
            for each in node:
                check_storable(each)
        case _ if is_dataclass(node):
            for field in fields(node):
                check_storable(getattr(node, field.name))


@given(st.binary(max_size=2000))
@many_examples
def test_any_bytes_give_values_or_a_named_quarantine(content: bytes) -> None:
    for found in read_everything(content):
        check(found)


@given(st.lists(st.sampled_from(_TOKENS + _WORDS) | st.binary(max_size=20), max_size=40).map(b"".join))
@many_examples
def test_any_heap_of_segments_gives_values_or_a_named_quarantine(rest: bytes) -> None:
    for found in read_everything(_HEADER + rest):
        check(found)


# The released file has both: what it does not name may be what the damaged row was about.
_STOCK_WITH_A_MOVEMENT_THAT_CANNOT_BE_READ = (
    b"ISA*00*          *00*          *ZZ*ACME3PL        *ZZ*OUTFIT         *261103*0915*U*00401*000000110*0*P*>~\n"
    b"GS*IB*ACME3PL*OUTFIT*20261103*0915*110*X*004010~\nST*846*0001~\nBIA*25*MB*7781*20261103~\n"
    b"LIN*1*VN*MUG-RED~\nQTY*33*30*EA~\nSCH*10*EA*WH*RENO*405*20261103~\nSCH*20*EA*WH*ATLANTA*405*20261103~\n"
    b"LIN*2*VN*TEA-100G~\nQTY*33*5*EA~\n"
    b"SCH*ISA*00*          *00*          *ZZ*ACME3PL        *ZZ*OUTFIT         *261103*0915*U*00401*000000111*0*P*>~\n"
    b"GS*RE*ACME3PL*OUTFIT*20261103*0915*111*X*004010~\nST*944*0001~\nW17*F*20261101*RCV-771*PO-4410~\n"
    b"N1*WH*ACME RENO~\nW07*48*EA**SK*MUG-RED~\nW07*2*CA**SK*POT-BLUE~\nW07*1.5*EA**SK*TEA-100G~\nW14*51.5~\n"
    b"SE*8*0001~\nGE*1*111~\nIEA*1*000000111~\n"
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Return a good file to which something was done: cut, doubled, moved, changed, mixed with another one."""
    content = draw(st.sampled_from(GOOD))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        end = draw(st.integers(start, min(len(content), start + draw(st.sampled_from((1, 5, 40, 400))))))
        piece = content[start:end]
        match draw(st.sampled_from(("cut", "double", "replace", "insert", "end", "mix", "separator"))):
            case "cut":
                content = content[:start] + content[end:]
            case "double":
                content = content[:end] + piece + content[end:]
            case "replace":
                content = content[:start] + draw(st.binary(max_size=6)) + content[end:]
            case "insert":
                content = content[:start] + draw(st.sampled_from(_TOKENS + _WORDS)) + content[start:]
            case "end":
                content = content[:start]
            case "mix":
                content = content[:start] + draw(st.sampled_from(GOOD))
            case "separator":
                old, new = draw(
                    st.sampled_from(((b"*", b"~"), (b"~", b"\n"), (b"~", b"*"), (b"*", b" "), (b"\n", b"")))
                )
                content = content.replace(old, new)
    return content


@given(damaged())
@example(_STOCK_WITH_A_MOVEMENT_THAT_CANNOT_BE_READ)
@many_examples
def test_any_damage_of_a_good_file_gives_values_or_a_named_quarantine(content: bytes) -> None:
    for found in read_everything(content):
        check(found)


@given(
    st.sampled_from(("945", "846", "944", "947", "997", "943")),
    st.lists(st.tuples(_ROW, st.lists(_ELEMENT, max_size=10)), max_size=12),
)
@many_examples
def test_any_content_of_a_set_gives_values_or_a_named_row(
    code: str, segments: list[tuple[str, list[str]]]
) -> None:
    rows = ["*".join((name, *elements)) for name, elements in segments]
    for found in read_everything(from_partner([(code, rows)]).encode("utf-8", "replace")):
        check(found)
