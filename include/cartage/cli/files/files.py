"""`cartage files`: what concerns warehouses that exchange files."""

from __future__ import annotations

import typer

from cartage.cli.files import exchange, inbound, profiles

app = typer.Typer(help="Work with the files of warehouses that exchange files.", no_args_is_help=True)
app.command(name="preview")(exchange.preview_files)
app.command(name="read")(exchange.read_sample)
app.add_typer(profiles.app, name="profiles")
app.add_typer(inbound.quarantine, name="quarantine")
app.command(name="list")(inbound.list_files)
