"""`cartage files list` and `cartage files quarantine`: the warehouse's files, and those that wait for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cartage.cli.options import AnyLane, AsJson, LaneName, Person, by_person, chosen_lanes
from cartage.cli.printing import show_json, show_result, show_table
from cartage.cli.transaction import ledger_transaction
from cartage.plurals import counted

if TYPE_CHECKING:
    from cartage.warehouses.repo.file_decisions import FileRecord

quarantine = typer.Typer(help="Files of the warehouse that wait for a person.", no_args_is_help=True)

Id = Annotated[int, typer.Argument(help="Number of the file, as `list` shows it.", metavar="ID")]


def list_files(
    lane: AnyLane = "",
    limit: Annotated[int, typer.Option(min=1, help="List at most this many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List the files that were last taken in, the newest first, with what in them had no effect."""
    from cartage.warehouses.repo.file_decisions import latest_files

    names = [found.name for found in chosen_lanes(lane)]
    with ledger_transaction() as connection:
        files = {name: latest_files(connection, name, size=limit) for name in names}
    _show(files, f"{lane or 'all lanes'}: {counted(sum(map(len, files.values())), 'file')}", as_json=as_json)


@quarantine.command(name="list")
def list_quarantined(
    lane: AnyLane = "",
    limit: Annotated[int, typer.Option(min=1, help="List at most this many.")] = 200,
    as_json: AsJson = False,
) -> None:
    """List the files that wait for a person, the oldest first, with what cannot be used of each."""
    from cartage.warehouses.repo.file_decisions import quarantined_files

    names = [found.name for found in chosen_lanes(lane)]
    with ledger_transaction() as connection:
        files = {name: quarantined_files(connection, name, size=limit) for name in names}
    title = f"{lane or 'all lanes'}: {counted(sum(map(len, files.values())), 'file')} in quarantine"
    _show(files, title, as_json=as_json)


@quarantine.command(name="show")
def show_quarantined(
    file_id: Id,
    lane: LaneName,
    save: Annotated[
        Path | None, typer.Option(help="Save the whole file under this name, which must be free.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what a file says, and what of it cannot be used. It may have names and addresses of buyers."""
    from cartage.errors import LedgerError
    from cartage.lanes import get_lane
    from cartage.operations.views.files import shown_content
    from cartage.warehouses.repo.file_decisions import file_content, file_record

    found = get_lane(lane)
    with ledger_transaction() as connection:
        file = file_record(connection, found.name, file_id)
        content = file_content(connection, found.name, file_id)
    if file is None:
        raise LedgerError(f"lane {lane} has no file {file_id}; see `cartage files quarantine list`.")
    if save is not None:
        _save(save, content)
        return
    shown = shown_content(content) if content is not None else None
    if as_json:
        show_json(_document(file) | {"content": shown and shown.text, "cut": shown is not None and shown.cut})
        return
    typer.echo(f"{file.path}: {file.size:,} bytes, taken in at {file.taken_at:%F %T} UTC, {_state(file)}")
    rows = [(finding.place, finding.reason, finding.fix) for finding in file.findings]
    show_table(("place", "reason", "fix"), rows, title="without effect")
    if shown is None:
        typer.echo("Its content is not kept: everything in it is in effect, or its retention has ended.")
        return
    typer.echo(shown.text)
    if shown.cut:
        typer.echo(f"... the file is longer: save it with --save FILE ({file.size:,} bytes)", err=True)


@quarantine.command(name="release")
def release(file_id: Id, lane: LaneName, by: Person, as_json: AsJson = False) -> None:
    """Have a file read in spite of its faults, as far as it can be. The lane's next run does so."""
    from cartage.lanes import get_lane
    from cartage.warehouses.repo.file_decisions import release_file

    found, who = get_lane(lane), by_person(by, "decision")
    with ledger_transaction() as connection:
        path = release_file(connection, found.name, file_id, who.actor)
    text = f"{path}: released by {who.actor}; the lane's next run reads it."
    document = {"lane": lane, "id": file_id, "path": path, "decision": "release", "by": who.actor}
    show_result(document, text, as_json=as_json)


@quarantine.command(name="drop")
def drop(file_id: Id, lane: LaneName, by: Person, as_json: AsJson = False) -> None:
    """Leave what is quarantined of a file without effect. What was sound of it is in effect already."""
    from cartage.lanes import get_lane
    from cartage.warehouses.repo.file_decisions import drop_file

    found, who = get_lane(lane), by_person(by, "decision")
    with ledger_transaction() as connection:
        path = drop_file(connection, found.name, file_id, who.actor)
    document = {"lane": lane, "id": file_id, "path": path, "decision": "drop", "by": who.actor}
    show_result(document, f"{path}: dropped by {who.actor}.", as_json=as_json)


def _show(files: Mapping[str, Sequence[FileRecord]], title: str, *, as_json: bool) -> None:
    if as_json:
        show_json([{"lane": lane} | _document(file) for lane, found in files.items() for file in found])
        return
    rows = [
        (
            lane,
            file.id,
            file.path,
            ", ".join(file.parts),
            "; ".join(f"{finding.place} {finding.reason}".strip() for finding in file.findings),
            _state(file),
            f"{file.taken_at:%F %H:%M}",
        )
        for lane, found in files.items()
        for file in found
    ]
    show_table(
        ("lane", "id", "file", "holds", "without effect", "state", "taken in (UTC)"), rows, title=title
    )


def _state(file: FileRecord) -> str:
    return f"{file.state}, by {file.decided_by}" if file.decided_by else file.state


def _save(path: Path, content: bytes | None) -> None:
    """Write a file's content; refuse to write over another file.

    Raises:
        BadParameter: if the content is not kept, or the file cannot be written.
    """
    if content is None:
        raise typer.BadParameter("the content of the file is not kept", param_hint="--save")
    try:
        with path.open("xb") as target:
            target.write(content)
    except OSError as error:
        raise typer.BadParameter(f"{path}: {error.strerror}", param_hint="--save") from None
    typer.echo(f"{len(content):,} bytes written to {path}", err=True)


def _document(file: FileRecord) -> dict[str, Any]:
    values = {name: getattr(file, name) for name in type(file).__slots__}
    findings = [
        {"kind": each.kind, "place": each.place, "reason": each.reason, "fix": each.fix}
        for each in file.findings
    ]
    return values | {"findings": findings}
