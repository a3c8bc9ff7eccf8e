"""Make partners, and files of theirs, for the tests of X12."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from cartage.model.orders import PackageContent
from cartage.warehouses.documents import InboundDocument
from cartage.warehouses.files.formats import ReadFile
from cartage.warehouses.files.x12.format import X12Format
from cartage.warehouses.files.x12.settings import X12Settings
from cartage.warehouses.files.x12.syntax.envelopes import Interchange, SetContent, read_text

SAMPLES = Path(__file__).parent / "samples"
AT = datetime(2026, 11, 2, 15, 4, tzinfo=UTC)
PARTNERS: Mapping[str, Any] = {"us": {"id": "OUTFIT"}, "partner": {"id": "ACME3PL"}}

Sets = Sequence[tuple[str, Sequence[str]]]


def settings(**changes: Any) -> X12Settings:
    """Return a partner's settings; `items={"packs": {...}}` changes a section."""
    return X12Settings.model_validate({**PARTNERS, **changes})


def partner(**changes: Any) -> X12Format:
    """Return the format for a partner."""
    return X12Format(settings(**changes))


def document(content: str | bytes, name: str = "from.edi") -> InboundDocument:
    """Return a file of the partner."""
    return InboundDocument(f"/out/{name}", content.encode() if isinstance(content, str) else content)


def read(content: str | bytes, *, released: bool = False, **changes: Any) -> ReadFile:
    """Read a file with a partner's settings."""
    return partner(**changes).read(document(content), released=released)


def sample(name: str, **changes: Any) -> ReadFile:
    """Read a sample."""
    return read((SAMPLES / name).read_bytes(), **changes)


def from_partner(sets: Sets, group: str = "SW", *, number: int = 7, **changes: str) -> str:
    """Return a file of the partner: sets of a code and their segments. `changes` replace elements: `SE01="9"`."""

    def element(name: str, usual: str) -> str:
        return changes.get(name, usual)

    sender, receiver = element("ISA06", "ACME3PL"), element("ISA08", "OUTFIT")
    lines = [
        (
            f"ISA*00*{'':10}*00*{'':10}*ZZ*{sender:15}*ZZ*{receiver:15}*261103*0915*U*00401*{number:09d}*0"
            f"*{element('ISA15', 'P')}*>"
        ),
        f"GS*{group}*{element('GS02', sender)}*{element('GS03', receiver)}*20261103*0915*{number}*X*004010",
    ]
    for place, (code, segments) in enumerate(sets, 1):
        last = place == len(sets)
        count = element("SE01", str(len(segments) + 2)) if last else str(len(segments) + 2)
        end = element("SE02", f"{place:04d}") if last else f"{place:04d}"
        lines += [f"ST*{code}*{place:04d}", *segments, f"SE*{count}*{end}"]
    lines.append(f"GE*{element('GE01', str(len(sets)))}*{element('GE02', str(number))}")
    lines.append(f"IEA*{element('IEA01', '1')}*{element('IEA02', f'{number:09d}')}")
    return "~\n".join(lines) + "~\n"


def shipped(*details: str, begin: str = "W06*F*A3_31882_0*20261102*SHP-1") -> str:
    """Return a file with one 945."""
    return from_partner([("945", [begin, *details, "W03*1"])])


def contents(*pairs: tuple[str, str]) -> tuple[PackageContent, ...]:
    """Return contents by SKU and quantity."""
    return tuple(PackageContent(sku, Decimal(quantity)) for sku, quantity in pairs)


def interchange(content: bytes, encoding: str = "ascii") -> Interchange:
    """Return the only interchange of a file that we wrote."""
    (found,) = read_text(content.decode(encoding)).interchanges
    return found


def only_set(content: bytes, encoding: str = "ascii") -> SetContent:
    """Return the only set of a file that we wrote."""
    ((found,),) = (group.sets for group in interchange(content, encoding).groups)
    return found.content()


def rows(found: SetContent) -> list[str]:
    """Return the segments of a set as they are written."""
    return ["*".join(segment) for segment in found.segments()]
