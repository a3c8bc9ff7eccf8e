"""Files in quarantine: what people see of them, what they decide, and what is then to be read again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, text

from cartage.errors import LedgerError
from cartage.warehouses.documents import DocumentPart, InboundDocument
from cartage.warehouses.repo.inbound import FileFinding, add_findings

# A file may have several parts, each with its row: people see, and decide about, the file.
_FILES = """
    SELECT min(d.id) AS id, min(d.path) AS path, max(d.version) AS version, max(d.size) AS size,
           min(d.modified_at) AS modified_at, min(d.taken_at) AS taken_at, max(d.acknowledged_at) AS acknowledged_at,
           array_agg(d.part ORDER BY d.part) AS parts, max(d.decided_by) AS decided_by,
           max(d.decided_at) AS decided_at, max(d.read_again_at) AS read_again_at,
           CASE WHEN bool_or(d.state = 'quarantined') THEN 'quarantined' ELSE max(d.state) END AS state,
           bool_or(d.content IS NOT NULL) AS kept,
           (SELECT o.name FROM outbound_document o WHERE o.id = max(d.reply_id)) AS reply,
           (SELECT o.published_at FROM outbound_document o WHERE o.id = max(d.reply_id)) AS replied_at
    FROM inbound_document d
    WHERE %s
    GROUP BY d.account, d.sha256
    ORDER BY %s
"""
_WAITING = text(_FILES % ("d.lane = :lane AND d.state = 'quarantined'", "min(d.id) LIMIT :size"))
# The oldest files of each lane, in one statement however many lanes there are.
_WAITING_OF_LANES = text(
    f"""
    SELECT wanted.lane, found.* FROM unnest(CAST(:lanes AS text[])) AS wanted(lane)
    CROSS JOIN LATERAL ({_FILES % ("d.lane = wanted.lane AND d.state = 'quarantined'", "min(d.id) LIMIT :size")}) found
    ORDER BY wanted.lane, found.id
    """  # noqa: S608 - constants of this module
)
# The rows of the other parts of a file are not among the newest, if another run took them in much later: no matter.
_LATEST = text(
    _FILES
    % (
        "d.id IN (SELECT id FROM inbound_document WHERE lane = :lane ORDER BY id DESC LIMIT :size)",
        "min(d.id) DESC",
    )
)
_SAME_FILE = """
    (d.account, d.lane, d.sha256) IN (
        SELECT s.account, s.lane, s.sha256 FROM inbound_document s WHERE s.id = :id AND s.lane = :lane)
"""
_FILE = text(_FILES % (_SAME_FILE, "min(d.id)"))

_FINDINGS = text(
    """
    SELECT min(f.id) AS id, s.id AS file, f.kind, f.place, f.reason, f.fix
    FROM unnest(CAST(:ids AS bigint[])) AS s(id)
    JOIN inbound_document n ON n.id = s.id
    JOIN inbound_document d ON (d.account, d.lane, d.sha256) = (n.account, n.lane, n.sha256)
    JOIN inbound_finding f ON f.document_id = d.id
    GROUP BY s.id, f.kind, f.place, f.reason, f.fix
    ORDER BY s.id, min(f.id)
    """
)

_CONTENT = text(
    f"SELECT d.content FROM inbound_document d WHERE {_SAME_FILE} AND d.content IS NOT NULL LIMIT 1"  # noqa: S608 - a constant of this module
)

_DECIDE = text(
    f"""
    UPDATE inbound_document d SET state = :decision, decided_by = :by, decided_at = clock_timestamp()
    WHERE d.state = 'quarantined' AND (:decision = 'dropped' OR d.content IS NOT NULL) AND {_SAME_FILE}
    RETURNING d.id, d.path
    """  # noqa: S608 - constants of this module
)

_RELEASED = text(
    """
    SELECT id, path, content, modified_at FROM inbound_document
    WHERE lane = :lane AND account = :account AND part = :part AND state = 'released' AND read_again_at IS NULL
      AND content IS NOT NULL
    ORDER BY id
    """
)

_READ_AGAIN = text(
    """
    UPDATE inbound_document SET read_again_at = clock_timestamp()
    WHERE id = :id AND state = 'released' AND read_again_at IS NULL
    """
)

_SETTLED = text("DELETE FROM inbound_finding WHERE document_id = :id AND kind = 'quarantined'")

_AGAIN = text(
    """
    UPDATE inbound_document SET state = 'quarantined', decided_by = NULL, decided_at = NULL
    WHERE id = :id AND state = 'released' AND read_again_at IS NULL
    """
)

_COUNT = text(
    """
    SELECT count(DISTINCT (account, sha256)) AS files, min(taken_at) AS oldest, max(taken_at) AS newest,
           (array_agg(path ORDER BY id))[1:3] AS examples, array_agg(DISTINCT account) AS accounts
    FROM inbound_document WHERE lane = :lane AND state = 'quarantined'
    """
)


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file that was taken in, as people see it. `kept`: its content is still there to look at.

    `state`: taken, quarantined (something in it waits for a person), released or dropped. `read_again_at` is when a
    released one was read in spite of its faults. `reply` is the name of the document that answers it, if there is one.
    """

    id: int
    path: str
    version: int
    size: int
    modified_at: datetime | None
    taken_at: datetime
    acknowledged_at: datetime | None
    parts: tuple[str, ...]
    state: str
    decided_by: str | None
    decided_at: datetime | None
    read_again_at: datetime | None
    kept: bool
    reply: str | None
    replied_at: datetime | None
    findings: tuple[FileFinding, ...] = ()


@dataclass(frozen=True, slots=True)
class QuarantineCount:
    """How many files wait for a person, since when, when the last came, some of their paths, and whose they are."""

    files: int
    oldest: datetime | None
    newest: datetime | None
    examples: tuple[str, ...]
    accounts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DueDocument:
    """A released document that is to be read again."""

    id: int
    document: InboundDocument


def quarantined_files(connection: Connection, lane: str, *, size: int = 200) -> list[FileRecord]:
    """Return the files of a lane that wait for a person, the oldest first."""
    return _records(connection, connection.execute(_WAITING, {"lane": lane, "size": size}).mappings().all())


def quarantined_files_of(
    connection: Connection, lanes: Collection[str], *, size: int
) -> dict[str, list[FileRecord]]:
    """Return the files of each of these lanes that wait for a person, the oldest first, at most `size` of each."""
    if not lanes:
        return {}
    rows = connection.execute(_WAITING_OF_LANES, {"lanes": sorted(lanes), "size": size}).mappings().all()
    found: dict[str, list[FileRecord]] = {lane: [] for lane in lanes}
    records = _records(connection, [{str(name): row[name] for name in row if name != "lane"} for row in rows])
    for row, record in zip(rows, records, strict=True):
        found[row["lane"]].append(record)
    return found


def latest_files(connection: Connection, lane: str, *, size: int = 50) -> list[FileRecord]:
    """Return the files that were last taken in, the newest first."""
    return _records(connection, connection.execute(_LATEST, {"lane": lane, "size": size}).mappings().all())


def file_record(connection: Connection, lane: str, document_id: int) -> FileRecord | None:
    """Return a file of the lane by the id of any of its parts; None if there is none."""
    found = _records(
        connection, connection.execute(_FILE, {"lane": lane, "id": document_id}).mappings().all()
    )
    return found[0] if found else None


def file_content(connection: Connection, lane: str, document_id: int) -> bytes | None:
    """Return the content of a file that is or was in quarantine; None if it is not kept."""
    content: bytes | None = connection.execute(_CONTENT, {"lane": lane, "id": document_id}).scalar()
    return content


def quarantine_count(connection: Connection, lane: str) -> QuarantineCount:
    """Return how many files of a lane wait for a person."""
    row = connection.execute(_COUNT, {"lane": lane}).one()
    return QuarantineCount(
        row.files, row.oldest, row.newest, tuple(row.examples or ()), tuple(row.accounts or ())
    )


def release_file(connection: Connection, lane: str, document_id: int, by: str) -> str:
    """Let the next runs read a file in spite of its faults; return its path. `by` is the person who decided.

    Raises:
        LedgerError: if the lane has no such file in quarantine.
    """
    return _decide(connection, lane, document_id, "released", by)


def drop_file(connection: Connection, lane: str, document_id: int, by: str) -> str:
    """Leave what is quarantined of a file without effect, for good; return its path. `by` is the person.

    Raises:
        LedgerError: if the lane has no such file in quarantine.
    """
    return _decide(connection, lane, document_id, "dropped", by)


def released_documents(
    connection: Connection, lane: str, account: str, part: DocumentPart
) -> list[DueDocument]:
    """Return the documents of one part that a person has released and no run has read since."""
    values = {"lane": lane, "account": account, "part": part.value}
    return [
        DueDocument(row.id, InboundDocument(row.path, row.content, row.modified_at))
        for row in connection.execute(_RELEASED, values)
    ]


def note_read_again(connection: Connection, document_id: int, still: Sequence[FileFinding]) -> bool:
    """Note that this transaction applies a released document; False if another has. `still` cannot be read even so."""
    if connection.execute(_READ_AGAIN, {"id": document_id}).rowcount != 1:
        return False
    connection.execute(_SETTLED, {"id": document_id})
    add_findings(connection, document_id, still)
    return True


def quarantine_again(connection: Connection, document_id: int, reason: str) -> None:
    """Let a released document wait for a person again."""
    if connection.execute(_AGAIN, {"id": document_id}).rowcount:
        fix = "Report it with the task's log, and drop the file or update the connector."
        add_findings(connection, document_id, [FileFinding("quarantined", reason, fix)])


def _decide(connection: Connection, lane: str, document_id: int, decision: str, by: str) -> str:
    values = {"lane": lane, "id": document_id, "decision": decision, "by": by}
    rows = connection.execute(_DECIDE, values).all()
    if rows:
        return str(rows[0].path)
    found = file_record(connection, lane, document_id)
    if found is None:
        raise LedgerError(f"lane {lane} has no file {document_id}; see `cartage files quarantine list`.")
    if found.state == "quarantined":
        raise LedgerError(
            f"the content of file {document_id} ({found.path}) is no longer kept: have the warehouse send it again, "
            "and drop this one."
        )
    state = f"{found.state} by {found.decided_by}" if found.decided_by else found.state
    raise LedgerError(f"file {document_id} ({found.path}) is not in quarantine: it is {state}.")


def _records(connection: Connection, rows: Sequence[RowMapping | dict[str, Any]]) -> list[FileRecord]:
    ids = [row["id"] for row in rows]
    findings: dict[int, list[FileFinding]] = {}
    for found in connection.execute(_FINDINGS, {"ids": ids}) if ids else ():
        finding = FileFinding(found.kind, found.reason, found.fix, found.place)
        findings.setdefault(found.file, []).append(finding)
    return [
        FileRecord(**{**row, "parts": tuple(row["parts"]), "findings": tuple(findings.get(row["id"], ()))})
        for row in rows
    ]
