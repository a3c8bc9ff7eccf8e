"""Settings of the envelope: who the partners are, and how a file is written."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from cartage.lanes.kinds import Settings, setting_error
from cartage.warehouses.files.x12.syntax.separators import Separators


class LineEnd(StrEnum):
    """What follows each segment's terminator."""

    NONE = "none"
    LF = "lf"
    CRLF = "crlf"


class Accents(StrEnum):
    """What happens to a letter with an accent that the charset does not have."""

    REFUSE = "refuse"
    PLAIN = "plain"


class AckPolicy(StrEnum):
    """What a missing 997 means."""

    NEVER = "never"
    WARN = "warn"
    REQUIRE = "require"


class ForeignSets(StrEnum):
    """What happens to sets from or for other partners."""

    QUARANTINE = "quarantine"
    IGNORE = "ignore"


def _written(text: str) -> str:
    if not (text.isascii() and text.isprintable()) or text != text.strip() or set(text) & set("*~>^|\\"):
        raise setting_error(
            f"{text!r} cannot be written in an envelope", "Use ASCII letters, digits and simple punctuation."
        )
    return text


EnvelopeText = Annotated[str, AfterValidator(_written)]
Code = Annotated[str, Field(pattern=r"^[A-Z0-9]{1,3}$")]


class PartySettings(Settings):
    """How a party is named in the envelope."""

    qualifier: str = Field(
        default="ZZ",
        pattern=r"^[A-Z0-9]{2}$",
        description="Qualifier of the interchange id (ISA05, ISA07): ZZ is by agreement, 01 a DUNS number, 12 a "
        "telephone number.",
    )
    id: EnvelopeText = Field(
        min_length=1, max_length=15, description="Interchange id (ISA06, ISA08), without padding."
    )
    group_id: EnvelopeText = Field(
        default="",
        max_length=15,
        description="Application id (GS02, GS03), 2 to 15 characters; empty: the interchange id.",
    )

    @model_validator(mode="after")
    def _long_enough(self) -> PartySettings:
        if len(self.application_id()) < 2:
            raise setting_error(
                "the application id (GS02, GS03) has fewer than 2 characters", "Set group_id as well."
            )
        return self

    def application_id(self) -> str:
        """Return the id in GS."""
        return self.group_id or self.id


class SeparatorSettings(Settings):
    """The characters that separate. What is read has its own, which its ISA segment names."""

    element: str = Field(default="*", min_length=1, max_length=1, description="Separates elements.")
    terminator: str = Field(default="~", min_length=1, max_length=1, description="Ends a segment.")
    component: str = Field(
        default=">", min_length=1, max_length=1, description="Separates the parts of an element (ISA16)."
    )
    repetition: str = Field(
        default="^",
        min_length=1,
        max_length=1,
        description="Separates repeated elements (ISA11 from 005010 on).",
    )
    line_end: LineEnd = Field(
        default=LineEnd.NONE, description="Line end after each segment: none, lf or crlf."
    )

    @model_validator(mode="after")
    def _distinct(self) -> SeparatorSettings:
        all_of_them = self.element + self.terminator + self.component + self.repetition
        if len(set(all_of_them)) < len(all_of_them) or any(
            not character.isascii()
            or not character.isprintable()
            or character.isalnum()
            or character in " -._"
            for character in all_of_them
        ):
            raise setting_error(
                "the separators must be four different characters of punctuation",
                "Use * ~ > and ^ unless the partner wants others.",
            )
        return self

    def separators(self) -> Separators:
        """Return the separators."""
        return Separators(self.element, self.terminator, self.component, self.repetition)
