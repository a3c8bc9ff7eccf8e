"""The imports of this project's own files, read from their syntax: nothing is executed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {
    "cartage": ROOT / "include" / "cartage",
    "cartage_sandbox": ROOT / "include" / "cartage_sandbox",
    "cartage_airflow": ROOT / "plugins" / "cartage_airflow",
}


def python_files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def all_imports(path: Path) -> set[str]:
    """Every module that the file imports, also inside functions; `from a import b` counts as a and a.b."""
    return set(_imported(ast.walk(ast.parse(path.read_text()))))


def module_level_imports(path: Path) -> set[str]:
    """What importing the file imports: outside functions, and outside `if TYPE_CHECKING`."""
    return set(_imported(_executed_on_import(ast.parse(path.read_text()))))


def loaded_with(path: Path) -> dict[str, list[Path]]:
    """The outside modules that importing `path` imports, and the way through our own files to each."""
    found: dict[str, list[Path]] = {}
    seen: set[Path] = set()
    waiting = [[path]]
    while waiting:
        way = waiting.pop(0)
        if way[-1] in seen:
            continue
        seen.add(way[-1])
        for module in module_level_imports(way[-1]):
            own = _own_files(module)
            waiting += [[*way, file] for file in own]
            if not own:
                found.setdefault(module, way)
    return found


def _own_files(module: str) -> list[Path]:
    """The files that importing `module` executes, if it is ours: its packages' `__init__` and itself."""
    first, *rest = module.split(".")
    if first not in PACKAGES:
        return []
    folder = PACKAGES[first]
    files = [folder / "__init__.py"]
    for name in rest:
        files += [folder / f"{name}.py", folder / name / "__init__.py"]
        folder /= name
    return [file for file in files if file.exists()]


def _imported(nodes: Iterator[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _executed_on_import(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for other in node.orelse:
                yield other
                yield from _executed_on_import(other)
            continue
        yield node
        yield from _executed_on_import(node)
