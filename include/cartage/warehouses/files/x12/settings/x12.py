"""The settings of an X12 partner as a whole."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from cartage.lanes.kinds import Settings, TimeZone, setting_error
from cartage.warehouses.files.x12.settings.envelope import (
    Accents,
    AckPolicy,
    EnvelopeText,
    ForeignSets,
    LineEnd,
    PartySettings,
    SeparatorSettings,
)
from cartage.warehouses.files.x12.settings.orders import OrderSettings
from cartage.warehouses.files.x12.settings.shipments import ItemSettings, ShipmentSettings
from cartage.warehouses.files.x12.settings.stock import StockSettings
from cartage.warehouses.files.x12.syntax.limits import Release
from cartage.warehouses.files.x12.syntax.text import Charset
from cartage.warehouses.files.x12.syntax.writer import OutboundParty, Syntax

_LINE_ENDS = {LineEnd.NONE: "", LineEnd.LF: "\n", LineEnd.CRLF: "\r\n"}


class Lenient(StrEnum):
    """Faults that a partner's files have as a rule, and that do not keep a set from being read."""

    SE01 = "se01"
    SE02 = "se02"
    SE = "se"
    GE01 = "ge01"
    GE02 = "ge02"
    GE = "ge"
    IEA01 = "iea01"
    IEA02 = "iea02"
    IEA = "iea"
    CTT01 = "ctt01"
    TEST = "test"


def _file_name(name: str) -> str:
    if (
        name.count("{number}") != 1
        or "/" in name
        or "\\" in name
        or set(name.replace("{number}", "")) & set("{}")
    ):
        raise setting_error(
            f"{name!r} is not a name for files", "Write {number} in it once, as in 940_{number}.edi."
        )
    return name


FileName = Annotated[EnvelopeText, Field(max_length=100), AfterValidator(_file_name)]


class X12Settings(Settings):
    """How a partner's X12 is written and read."""

    us: PartySettings = Field(description="Our ids, which the partner gives or accepts.")
    partner: PartySettings = Field(description="The partner's ids.")
    release: Release = Field(
        default=Release.V4010, description="Release of what is written: 004010 or 005010."
    )
    group_version: EnvelopeText = Field(
        default="", max_length=12, description="GS08, if it is not the release alone, such as 004010UCS."
    )
    production: bool = Field(
        default=True,
        description="Files are for production (ISA15 P). A partner's test file is not read in production.",
    )
    charset: Charset = Field(
        default=Charset.ASCII, description="Characters that the partner can read: ascii, latin-1 or utf-8."
    )
    accents: Accents = Field(
        default=Accents.REFUSE,
        description="A letter with an accent that the charset does not have: refuse the order, or send it plain "
        "(e for é).",
    )
    separators: SeparatorSettings = Field(
        default_factory=SeparatorSettings, description="Separators of what is written."
    )
    time_zone: TimeZone = Field(
        default="UTC", description="Time zone of all dates and times, which have no offset."
    )
    order_file: FileName = Field(default="940_{number}.edi", description="Name of a file with orders.")
    cancel_file: FileName = Field(
        default="940_{number}.edi", description="Name of a file that cancels orders."
    )
    reply_file: FileName = Field(default="997_{number}.edi", description="Name of a file that acknowledges.")
    order_files: tuple[str, ...] = Field(
        default=("*",), description="Names of the partner's files with 945 or 997; * and ? are wildcards."
    )
    stock_files: tuple[str, ...] = Field(
        default=("*",),
        description="Names of the partner's files with 846, 944 or 947; * and ? are wildcards.",
    )
    orders_per_file: int = Field(default=1, ge=1, le=1000, description="Most orders in a file.")
    expect_997: AckPolicy = Field(
        default=AckPolicy.WARN,
        description="Whether the partner acknowledges our files with a 997: never; warn (people are alerted if it does "
        "not, see warehouse.respond_within); require (besides, a person decides whether each order is sent again).",
    )
    send_997: bool = Field(default=True, description="Acknowledge the partner's files with a 997.")
    lenient: tuple[Lenient, ...] = Field(
        default=(),
        description="Faults that are passed over, by their element: se01, se02, ge01, ge02, iea01, iea02 (counts and "
        "control numbers), se, ge, iea (the segment is missing), ctt01 (the 846's number of items), test "
        "(a test file).",
    )
    foreign: ForeignSets = Field(
        default=ForeignSets.QUARANTINE,
        description="Sets from or for other partners: quarantine or ignore.",
    )
    ignored_sets: tuple[Annotated[str, Field(pattern=r"^\d{3}$")], ...] = Field(
        default=(), description="Sets that the partner sends and Cartage does not read, such as 943 or 810."
    )
    orders: OrderSettings = Field(default_factory=OrderSettings, description="The 940.")
    shipments: ShipmentSettings = Field(default_factory=ShipmentSettings, description="The 945.")
    items: ItemSettings = Field(default_factory=ItemSettings, description="Items in what is read.")
    stock: StockSettings = Field(default_factory=StockSettings, description="The 846.")

    def zone(self) -> ZoneInfo:
        """Return the time zone of dates and times."""
        return ZoneInfo(self.time_zone)

    def syntax(self) -> Syntax:
        """Return how files are written."""
        return Syntax(
            sender=_outbound(self.us),
            receiver=_outbound(self.partner),
            separators=self.separators.separators(),
            release=self.release,
            group_version=self.group_version or self.release.value,
            charset=self.charset,
            line_end=_LINE_ENDS[self.separators.line_end],
            plain_letters=self.accents is Accents.PLAIN,
            usage="P" if self.production else "T",
            zone=self.zone(),
        )


def _outbound(party: PartySettings) -> OutboundParty:
    return OutboundParty(party.qualifier, party.id, party.application_id())
