"""What parsing a DAG file or loading the plugin may import. Imports are counted, because times vary with the load."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

import cartage_airflow
from tests.dags.airflow_home import ROOT

OURS = ("cartage", "cartage_airflow")
# Each costs a tenth of a second to two seconds, in every parse and in every task process.
HEAVY = {
    "alembic",
    "asyncpg",
    "fastapi",
    "jinja2",
    "numpy",
    "pandas",
    "psycopg",
    "psycopg2",
    "requests",
    "rich",
}
HEAVY |= {"sqlalchemy", "starlette", "typer", "uvicorn", "rapidfuzz"}
ENTRIES = [*sorted((ROOT / "dags").rglob("*.py")), ROOT / "plugins" / "cartage_airflow" / "plugin.py"]


def imports_at_load(tree: ast.AST) -> Iterator[str]:
    """Yield what executing a module imports, without imports inside functions and those for types only."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            yield from imports_at_load(ast.Module(node.orelse, []))
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from imports_at_load(node)


def file_of(module: str) -> Path | None:
    """Return the file of one of our modules, or None if the name is no module."""
    try:
        spec = find_spec(module)
    except ModuleNotFoundError:
        return None
    return Path(spec.origin) if spec and spec.origin else None


def exported(name: str) -> str:
    """Return the module behind a name that `cartage_airflow` imports when it is first used, or the name itself."""
    package, _, public = name.rpartition(".")
    module = cartage_airflow._MODULE_OF.get(public) if package == "cartage_airflow" else None
    return f"{package}.{module}" if module else name


def with_packages(module: str) -> Iterator[str]:
    """Yield a module and its parent packages, whose `__init__` is executed too."""
    parts = module.split(".")
    yield from (".".join(parts[:count]) for count in range(1, len(parts) + 1))


def reached(entry: Path) -> dict[str, str]:
    """Return every module that loading a file imports, and which module imports it first."""
    found: dict[str, str] = {}
    waiting = [(entry, entry.name)]
    while waiting:
        file, importer = waiting.pop()
        for name in imports_at_load(ast.parse(file.read_text())):
            for module in with_packages(exported(name)):
                if module in found:
                    continue
                found[module] = importer
                own = file_of(module) if module.split(".")[0] in OURS else None
                if own is not None:
                    waiting.append((own, module))
    return found


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_nothing_heavy_is_imported(entry: Path) -> None:
    found = reached(entry)
    heavy = {module: importer for module, importer in found.items() if module.split(".")[0] in HEAVY}
    assert heavy == {}


def test_the_hooks_are_not_reached_from_dag_files() -> None:
    """`HttpHook` alone brings aiohttp and requests."""
    for entry in ENTRIES:
        assert not [module for module in reached(entry) if module.startswith("airflow.providers.http")]


def test_the_check_follows_public_names() -> None:
    found = reached(ROOT / "dags" / "examples" / "export_shipped.py")
    assert "cartage_airflow.operators.api.store_reads" in found


def test_the_check_sees_indirect_imports() -> None:
    found = reached(ROOT / "plugins" / "cartage_airflow" / "desk" / "app.py")
    assert "sqlalchemy" in found
    assert found["cartage.db.schema"].startswith("cartage.")
