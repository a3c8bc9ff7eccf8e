"""Read a sample of the warehouse's files for people: what it would do, and what of it cannot be read. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cartage.model.orders import PackageContent, Shipment
from cartage.warehouses.documents import InboundDocument
from cartage.warehouses.files.formats import FileFormat, ReadFile
from cartage.warehouses.files.settings import FilesSettings
from cartage.warehouses.files.transport.looks import is_left_alone


@dataclass(frozen=True, slots=True)
class SampleSection:
    """Rows of one kind that a file has."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class SampleReading:
    """What a sample would do. `faults` are sentences, each with the place in the file."""

    name: str
    summary: str
    sections: tuple[SampleSection, ...]
    faults: tuple[str, ...]
    has_faults: bool

    def document(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "file": self.name,
            "summary": self.summary,
            **{
                section.title: [dict(zip(section.columns, row, strict=True)) for row in section.rows]
                for section in self.sections
            },
            "faults": list(self.faults),
        }


def read_sample(
    settings: FilesSettings, name: str, content: bytes, *, released: bool = False
) -> SampleReading:
    """Return what a file of this name and content would do."""
    file_format = settings.open_format()
    if why := _is_not_read(settings, file_format, name, content):
        return SampleReading(name, f"it would be left alone: {why}", (), (), has_faults=True)
    read = file_format.read(InboundDocument(name, content), released=released)
    sections = tuple(section for section in _sections(read) if section.rows)
    faults = tuple(_faults(read))
    summary = "it would have no effect" if not sections else "it would be taken in"
    if read.quarantined:
        summary = "it would go into quarantine" + (", apart from what follows" if sections else "")
    return SampleReading(name, summary, sections, faults, has_faults=bool(faults))


def _is_not_read(settings: FilesSettings, file_format: FileFormat, name: str, content: bytes) -> str:
    if is_left_alone(name, settings.temporary_suffixes):
        return "its name is that of an unfinished file (temporary_suffixes)"
    if not file_format.parts(name):
        return f"no pattern matches its name: {', '.join(file_format.patterns) or 'there is none'}"
    if len(content) > settings.largest_file:
        return f"it has more than {settings.largest_file:,} bytes (largest_file)"
    return ""


def _sections(read: ReadFile) -> Iterator[SampleSection]:
    yield SampleSection(
        "shipments",
        ("order", "packages", "contents", "shipped (UTC)", "nothing more follows"),
        [_shipment(shipment) for shipment in read.shipments],
    )
    yield SampleSection(
        "accepted", ("order", "their number"), [(row.reference, row.remote_id) for row in read.accepted]
    )
    yield SampleSection(
        "rejected", ("order", "reason"), [(row.reference, row.reason) for row in read.rejected]
    )
    yield SampleSection("cancelled", ("order",), [(row.reference,) for row in read.cancelled])
    yield SampleSection(
        "responses",
        ("our file", "order in it", "response", "reason"),
        [
            (
                str(row.number),
                "all" if row.position is None else str(row.position),
                "accepted" if row.accepted else "rejected",
                row.reason,
            )
            for row in read.responses
        ],
    )
    yield SampleSection(
        # Of a full file, what it does not name has no stock; of changes, it keeps its last level.
        "full stock" if read.stock_full else "changes of stock",
        ("sku", "available", "on hand", "as of (UTC)"),
        [
            (
                level.sku,
                f"{level.available:f}",
                f"{level.on_hand:f}",
                f"{at:%F %H:%M}" if (at := level.as_of or read.stock_as_of) else "",
            )
            for level in read.stock
        ],
    )
    yield SampleSection(
        "movements",
        ("sku", "quantity", "kind", "reason", "reference"),
        [
            (moved.sku, str(moved.quantity), moved.kind.value, moved.reason, moved.reference)
            for moved in read.movements
        ],
    )


def _shipment(shipment: Shipment) -> tuple[str, ...]:
    packages = ", ".join(
        " ".join(filter(None, (package.carrier, package.service, package.tracking or "no number")))
        for package in shipment.packages
    )
    at = f"{shipment.shipped_at:%F %H:%M}" if shipment.shipped_at else ""
    contents = ", ".join(map(_content, shipment.lines)) or "not said"
    return shipment.reference, packages, contents, at, "yes" if shipment.final else "not said"


def _content(content: PackageContent) -> str:
    return f"{content.quantity:f} x {content.sku or f'line {content.line_id}'}"


def _faults(read: ReadFile) -> Iterator[str]:
    for text in read.quarantined:
        where = f"{text.where}: " if text.where else ""
        yield f"quarantine: {where}{text.reason}. {text.fix}"
    for row in read.unreadable:
        named = f" ({row.name})" if row.name else ""
        yield f"cannot be read: {row.kind}{named}: {row.what}"
