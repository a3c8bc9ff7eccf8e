"""`cartage files profiles`: check, list and show the profiles of files, and write their schema and manual."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cartage.cli.options import AsJson
from cartage.cli.printing import show_json, show_result, show_table
from cartage.plurals import counted

app = typer.Typer(help="Check and show the profiles of CSV files.", no_args_is_help=True)

Folder = Annotated[
    Path | None,
    typer.Option("--folder", help="The folder of your profiles; default: profiles/ beside the lanes file."),
]
Write = Annotated[Path | None, typer.Option(help="Write it to this file instead of printing it.")]


@app.command(name="check")
def check_profiles(
    names: Annotated[list[str] | None, typer.Argument(help="Profiles; default: all of them.")] = None,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Print every mistake in profiles, with its line, column and fix. Exit code 1 on a mistake."""
    from cartage.warehouses.files.profiles.library import load_profile, profile_names

    found = [load_profile(name, folder) for name in names or profile_names(folder)]
    lines = [line for file in found for line in file.mistake_lines()]
    if as_json or lines:
        valid_names = [file.name for file in found if file.profile]
        show_result({"mistakes": lines, "valid": valid_names}, "\n".join(lines), as_json=as_json)
    valid = ", ".join(file.name for file in found if file.profile) or "none"
    typer.echo(f"{counted(len(lines), 'mistake')}; valid profiles: {valid}", err=True)
    if lines:
        raise typer.Exit(1)


@app.command(name="list")
def list_profiles(folder: Folder = None, as_json: AsJson = False) -> None:
    """List the profiles that come with Cartage, and your own."""
    from cartage.warehouses.files.profiles.library import load_profile, profile_names

    found = [load_profile(name, folder) for name in profile_names(folder)]
    rows = [
        {
            "name": file.name,
            "file": str(file.path or "built in"),
            "valid": file.profile is not None,
            "description": file.profile.description
            if file.profile
            else f"{counted(len(file.mistakes), 'mistake')}",
        }
        for file in found
    ]
    if as_json:
        show_json(rows)
    else:
        show_table(
            ("name", "file", "description"), [(row["name"], row["file"], row["description"]) for row in rows]
        )


@app.command(name="show")
def show_profile(
    name: Annotated[str, typer.Argument(help="The profile.")], folder: Folder = None, as_json: AsJson = False
) -> None:
    """Print the settings of a profile as YAML, with those that it takes over from another one."""
    import yaml

    from cartage.warehouses.files.profiles.library import profile_settings

    settings = dict(profile_settings(name, folder))
    if as_json:
        show_json(settings)
    else:
        typer.echo(yaml.safe_dump(settings, sort_keys=False, allow_unicode=True, width=100), nl=False)


@app.command(name="schema")
def print_profile_schema(write: Write = None) -> None:
    """Print the JSON schema of a profile, for editors."""
    from cartage.warehouses.files.profiles.schema import profile_schema_text

    if write is None:
        typer.echo(profile_schema_text(), nl=False)
    else:
        write.write_text(profile_schema_text(), encoding="utf-8")


@app.command(name="manual")
def print_profile_manual(
    write: Annotated[
        Path | None, typer.Option(help="Update the settings in this page, between its markers.")
    ] = None,
) -> None:
    """Print every setting of a profile with its default and meaning, as Markdown."""
    from cartage.warehouses.files.profiles.manual import profile_manual, with_profile_settings

    if write is None:
        typer.echo(profile_manual())
    else:
        page = with_profile_settings(write.read_text(encoding="utf-8"))
        write.write_text(page, encoding="utf-8")
