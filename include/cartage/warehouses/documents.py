"""Documents that warehouses and Cartage exchange as files: what a connector says about them, and the engine keeps.

An order goes out in a document whose number and bytes are committed before anything is written at the warehouse's
side, so that every retry writes the same file. An inbound document is taken in once, by its content, whatever its name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from cartage.errors.problems import Problem


class DocumentPart(StrEnum):
    """A part of an inbound document; each part is taken in by one stage."""

    ORDERS = "orders"  # confirmations, acknowledgements, rejections: poll_tracking
    STOCK = "stock"  # stock levels and movements: poll_stock


@dataclass(frozen=True, slots=True)
class OutboundDocument:
    """A document for the warehouse, as committed. `number` is unique in the account and never used again.

    `at` is the instant of its first attempt; name and content never change after that. `references` are its orders, in
    the order in which the document holds them; a document without any answers one of the warehouse's (an X12 997).
    `attempt` counts the stagings from 1. A temporary name has it, so that a frozen process which wakes can neither
    write into what a later attempt has staged, nor publish it.
    """

    number: int
    at: datetime
    name: str
    content: bytes = field(repr=False)
    references: tuple[str, ...] = ()
    attempt: int = 1


class Withdrawal(StrEnum):
    """What became of a document whose publication was not seen."""

    WITHDRAWN = "withdrawn"  # It was not published, and no process can publish this attempt any more.
    PUBLISHED = "published"
    UNKNOWN = "unknown"  # Only evidence or a person can tell.


@dataclass(frozen=True, slots=True)
class InboundDocument:
    """A file of the warehouse as it was read. Its identity is its content.

    `parts` are the parts that it holds; it is acknowledged once the last of them is taken in. Empty: the one of its
    page. `wants_reply`: the warehouse expects a document that says that it was taken in.
    """

    path: str
    content: bytes = field(repr=False)
    modified_at: datetime | None = None
    parts: frozenset[DocumentPart] = frozenset()
    wants_reply: bool = False

    @property
    def digest(self) -> str:
        """The SHA-256 of the content, in hexadecimal."""
        return sha256(self.content).hexdigest()

    @property
    def name(self) -> str:
        """The name without its folder."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class QuarantinedText:
    """A document, or a part of one that stands alone (an X12 set), that cannot be used as a whole.

    `where` is the place (`line 3`, `set 0001 of group 17`), `reason` one sentence for people, `fix` what to do.
    """

    reason: str
    fix: str
    where: str = ""
    content: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class AcceptedOrder:
    """The warehouse says that it has an order: an acknowledgement row. Its absence proves nothing."""

    reference: str
    remote_id: str = ""


@dataclass(frozen=True, slots=True)
class RejectedOrder:
    """The warehouse rejects an order that it had accepted, or gives it up. Nothing more of it will ship."""

    reference: str
    reason: str
    remote_id: str = ""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentResponse:
    """What the warehouse says about one of our documents by its number: an X12 997.

    `position` counts the orders of the document from 1; None speaks of the whole document. `accepted` is False if the
    order, or the document, must be corrected and sent again.
    """

    number: int
    accepted: bool
    position: int | None = None
    reason: str = ""
