"""Documents of a warehouse that are taken in: once for each lane and part, by their content.

The run that inserts the row applies the document, in the same transaction. One that finds it leaves it alone.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, Connection, func, select, text, update

from cartage.db.schema import inbound_document, lane_state
from cartage.db.warehouse_state import note_warehouse, warehouse_row
from cartage.errors.problems import shortened
from cartage.model.texts import strip_controls
from cartage.warehouses.documents import DocumentPart, InboundDocument, QuarantinedText

FindingKind = Literal["quarantined", "no_effect"]

# Of characters. An index refuses values of more than some 2,700 bytes.
_LONGEST_PATH = 600
_LONGEST_TEXT = 2_000
_ROW = inbound_document.c
_LANE = lane_state.c

_TAKE = text(
    """
    INSERT INTO inbound_document (account, lane, sha256, part, path, version, size, modified_at, run_id, state, content)
    SELECT :account, :lane, :sha256, :part, :path, 1 + (
            SELECT count(DISTINCT d.sha256) FROM inbound_document d
            WHERE d.account = :account AND d.lane = :lane AND d.path = :path AND d.sha256 <> :sha256),
        :size, :modified_at, :run_id, :state, :content
    ON CONFLICT (account, lane, sha256, part) DO NOTHING
    RETURNING id, version
    """
)

_FIND = text(
    """
    INSERT INTO inbound_finding (document_id, kind, place, reason, fix)
    SELECT :id, f.kind, f.place, f.reason, f.fix
    FROM jsonb_to_recordset(CAST(:findings AS jsonb)) AS f(kind text, place text, reason text, fix text)
    """
)

# Files that a run saw are acknowledged one by one. What is not there any more was put away by a run that died then.
_GONE = text(
    """
    UPDATE inbound_document SET acknowledged_at = clock_timestamp()
    WHERE lane = :lane AND account = :account AND part = :part AND acknowledged_at IS NULL AND taken_at < :before
      AND sha256 <> ALL(:seen)
    """
)


@dataclass(frozen=True, slots=True)
class TakenDocument:
    """A document that this transaction takes in. `version` counts the contents that its path had."""

    id: int
    version: int


@dataclass(frozen=True, slots=True)
class FileFinding:
    """What in a file had no effect: `quarantined` waits for a person, `no_effect` is kept for people to see."""

    kind: FindingKind
    reason: str
    fix: str = ""
    place: str = ""

    @classmethod
    def of(cls, quarantined: QuarantinedText) -> FileFinding:
        """Return the finding about a part that cannot be used."""
        return cls("quarantined", quarantined.reason, quarantined.fix, quarantined.where)


def take_document(
    connection: Connection,
    document: InboundDocument,
    part: DocumentPart,
    *,
    account: str,
    lane: str,
    run_id: str,
    quarantined: Sequence[QuarantinedText] = (),
) -> TakenDocument | None:
    """Note that this transaction takes in a document; None if it was taken in before. Its content is then known.

    The content is kept if parts of it are quarantined.
    """
    values = {
        "account": account,
        "lane": lane,
        "sha256": document.digest,
        "part": part.value,
        "path": storable_path(document.path),
        "size": len(document.content),
        "modified_at": document.modified_at,
        "run_id": run_id,
        "state": "quarantined" if quarantined else "taken",
        "content": document.content if quarantined else None,
    }
    row = connection.execute(_TAKE, values).one_or_none()
    if row is None:
        return None
    add_findings(connection, row.id, [FileFinding.of(each) for each in quarantined])
    return TakenDocument(row.id, row.version)


def add_findings(connection: Connection, document_id: int, findings: Sequence[FileFinding]) -> None:
    """Keep what in a document had no effect."""
    rows = [
        {
            "kind": finding.kind,
            "place": _storable(finding.place),
            "reason": _storable(finding.reason),
            "fix": _storable(finding.fix),
        }
        for finding in findings
    ]
    if rows:
        connection.execute(_FIND, {"id": document_id, "findings": json.dumps(rows)})


def quarantine_document(connection: Connection, document_id: int, content: bytes) -> bool:
    """Let a document wait for a person, of which a part turned out to be unusable; return whether it did not yet."""
    row = update(inbound_document).where(_ROW.id == document_id, _ROW.state == "taken")
    return connection.execute(row.values(state="quarantined", content=content)).rowcount == 1


def renew_document(connection: Connection, document: InboundDocument, document_id: int, run_id: str) -> None:
    """Note that a known content was delivered again, and says something about a later time."""
    row = update(inbound_document).where(_ROW.id == document_id)
    values = {
        "path": storable_path(document.path),
        "modified_at": document.modified_at,
        "taken_at": func.clock_timestamp(),
        "acknowledged_at": None,
        "run_id": run_id,
    }
    connection.execute(row.values(values))


def known_document(
    connection: Connection, document: InboundDocument, part: DocumentPart, *, account: str, lane: str
) -> int | None:
    """Return the row of a document whose content was taken in before; None if it was not."""
    query = select(_ROW.id).where(*_same(account, lane, document.digest), _ROW.part == part.value)
    found: int | None = connection.execute(query).scalar_one_or_none()
    return found


def parts_taken(connection: Connection, account: str, lane: str, sha256: str) -> set[str]:
    """Return the parts of a document that are taken in."""
    query = select(_ROW.part).where(*_same(account, lane, sha256))
    return set(connection.execute(query).scalars())


def note_acknowledged(connection: Connection, account: str, lane: str, sha256: str) -> None:
    """Note that a document was put away at the warehouse's side."""
    rows = update(inbound_document).where(*_same(account, lane, sha256), _ROW.acknowledged_at.is_(None))
    connection.execute(rows.values(acknowledged_at=func.clock_timestamp()))


def note_gone(
    connection: Connection,
    account: str,
    lane: str,
    part: DocumentPart,
    *,
    before: datetime,
    seen: Collection[str],
) -> None:
    """Note that documents which a whole poll did not see are put away; `seen` are the digests of those that it saw."""
    values = {"account": account, "lane": lane, "part": part.value, "before": before, "seen": sorted(seen)}
    connection.execute(_GONE, values)


def has_reply(connection: Connection, account: str, lane: str, sha256: str) -> bool:
    """Return whether a document has its reply, from whichever part was taken in first."""
    query = select(_ROW.id).where(*_same(account, lane, sha256), _ROW.reply_id.is_not(None))
    return connection.execute(query.limit(1)).first() is not None


def set_reply(connection: Connection, document_id: int, reply_id: int) -> None:
    """Note which document of ours answers one."""
    row = update(inbound_document).where(_ROW.id == document_id)
    connection.execute(row.values(reply_id=reply_id))


def forgotten_since(
    connection: Connection, lane: str, warehouse: str, otherwise: datetime
) -> datetime | None:
    """Return since when files may have been taken in without this ledger's knowledge; None if none were.

    `otherwise` counts where the ledger knows nothing of before.
    """
    query = select(_LANE.quarantined_at, _LANE.quarantined_since).where(_LANE.lane == lane)
    row, state = connection.execute(query).one(), warehouse_row(connection, lane, warehouse)
    if state and state.files_read_again_at is not None and state.files_read_again_at >= row.quarantined_at:
        return None
    since: datetime = row.quarantined_since or otherwise
    return since


def note_read_again(connection: Connection, lane: str, warehouse: str) -> None:
    """Note that the files that may be forgotten were read again."""
    note_warehouse(connection, lane, warehouse, files_read_again_at=func.clock_timestamp())


def storable_path(path: str) -> str:
    """Return a path as the ledger keeps it: without control characters, and not longer than an index allows."""
    return shortened(strip_controls(path), _LONGEST_PATH)


def _storable(words: str) -> str:
    return shortened(strip_controls(words), _LONGEST_TEXT)


def _same(account: str, lane: str, sha256: str) -> tuple[ColumnElement[bool], ...]:
    return _ROW.account == account, _ROW.lane == lane, _ROW.sha256 == sha256
