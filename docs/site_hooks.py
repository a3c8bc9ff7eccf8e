"""What MkDocs does beside mkdocs.yml: write the page of the command line, and list a folder's pages in the menu."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from typer.main import get_command

# Links out of docs/ lead to files of the repository; on the site they are plain names.
_LEADS_OUT = re.compile(r"^(?:\.\./)+(?:benchmarks|CHANGELOG|include|deploy|tests|dags|\.env)")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Replace `folder/*` in the menu by the folder's pages."""
    config.nav = [_expanded(Path(config.docs_dir), entry) for entry in config.nav or []]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the page that is written from the commands."""
    files.append(File.generated(config, "cli.md", content=command_reference()))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Take away links that lead out of the site."""
    return re.sub(
        r"\[([^\]]+)\]\(([^)]+)\)",
        lambda link: link[1] if _LEADS_OUT.match(link[2]) else link[0],
        markdown,
    )


def command_reference() -> str:
    """Return the reference of the command line as Markdown: every command with its arguments and options."""
    from cartage.cli.main import app

    parts = [
        "# Command line",
        "",
        (
            "`cartage --help` shows the same. `--json` prints data for scripts. Where an order is named, any of its "
            "numbers will do: our reference, the OrderID, the invoice, the warehouse's number, or a tracking number. "
            "Without `--lane`, a command that does not require it covers all lanes."
        ),
        "",
    ]
    for path, command in _commands("cartage", get_command(app)):
        parts += _section(path, command)
    return "\n".join(parts)


def _commands(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    """Yield a command and those below it. Typer brings a Click of its own, so classes of Click do not help."""
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        if not inner.hidden:
            yield from _commands(f"{path} {name}", inner)


def _section(path: str, command: Any) -> list[str]:
    level = "##" if path.count(" ") < 2 else "###"
    lines = [f"{level} `{path}`", "", _help_text(command.help), ""]
    rows = [_row(parameter) for parameter in command.params if not getattr(parameter, "hidden", False)]
    if rows:
        lines += ["| | | default |", "|---|---|---|", *rows, ""]
    return lines


def _row(parameter: Any) -> str:
    names = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
    if parameter.param_type_name == "argument":
        names = f"`{parameter.metavar or parameter.name.upper()}`"
    said = _help_text(getattr(parameter, "help", None))
    default = "" if parameter.required or parameter.default in (None, False, ()) else f"`{parameter.default}`"
    return f"| {names} | {said}{' Required.' if parameter.required else ''} | {default} |"


def _help_text(text: str | None) -> str:
    plain = " ".join((text or "").replace("\b", "").split())
    return re.sub(r"([|<>*_\[\]])", r"\\\1", plain)


def _expanded(docs: Path, entry: Any) -> Any:
    if not isinstance(entry, dict):
        return entry
    ((title, target),) = entry.items()
    if isinstance(target, list):
        return {title: [_expanded(docs, inner) for inner in target]}
    if not str(target).endswith("/*"):
        return entry
    folder = docs / str(target).removesuffix("/*")
    return {title: [str(page.relative_to(docs)) for page in sorted(folder.glob("*.md"))]}
