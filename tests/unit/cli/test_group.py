from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint

import pytest
import typer
from typer.testing import CliRunner, Result

from cartage.cli import group
from cartage.cli.group import CartageGroup
from cartage.errors import AuthFailed, SettingsError

Cartage = Callable[..., Result]


def _app(failure: Exception) -> typer.Typer:
    app = typer.Typer(cls=CartageGroup, pretty_exceptions_enable=False)

    @app.callback()
    def root() -> None:
        """A group, so that commands keep their names."""

    @app.command()
    def fail() -> None:
        raise failure

    return app


@pytest.mark.parametrize(
    "failure",
    [
        SettingsError("lane 'demo'", ["  store: is missing."]),
        AuthFailed("3dcart", "GET /Orders", "refused", fix="Check the token."),
    ],
)
def test_a_known_failure_prints_its_text_to_stderr_and_exits_1(failure: Exception) -> None:
    result = CliRunner().invoke(_app(failure), ["fail"])
    assert result.exit_code == 1
    assert result.stderr == f"{failure}\n"
    assert result.stdout == ""


def test_an_unexpected_failure_is_not_hidden() -> None:
    result = CliRunner().invoke(_app(ZeroDivisionError()), ["fail"])
    assert isinstance(result.exception, ZeroDivisionError)


def test_an_unavailable_ledger_is_reported_without_the_statement() -> None:
    from sqlalchemy.exc import OperationalError

    failure = OperationalError("SELECT secret", {"name": "Jane"}, ConnectionError("connection refused\nmore"))
    result = CliRunner().invoke(_app(failure), ["fail"])
    assert result.exit_code == 1
    assert "connection refused" in result.stderr
    assert "secret" not in result.stderr
    assert "Jane" not in result.stderr


def test_wrong_usage_exits_2(cartage: Cartage) -> None:
    assert cartage("nonsense").exit_code == 2
    assert cartage("run").exit_code == 2
    assert cartage("lanes", "check", "--nonsense").exit_code == 2


def _register(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    entry = EntryPoint(name="extra", value=value, group=group.GROUP)
    monkeypatch.setattr(group, "entry_points", lambda **_: [entry])


def test_commands_of_other_packages_are_listed_without_loading_them(
    cartage: Cartage, monkeypatch: pytest.MonkeyPatch
) -> None:
    _register(monkeypatch, "no_such_package.cli:app")
    result = cartage("--help")
    assert result.exit_code == 0
    assert "extra" in result.stdout
    assert "no_such_package" in result.stdout


def test_a_command_of_another_package_runs_when_called(
    cartage: Cartage, monkeypatch: pytest.MonkeyPatch
) -> None:
    _register(monkeypatch, "cartage.cli.setup.lanes:app")
    result = cartage("extra", "check")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "valid lanes: demo" in result.stderr


def test_a_command_that_cannot_be_loaded_says_so(cartage: Cartage, monkeypatch: pytest.MonkeyPatch) -> None:
    _register(monkeypatch, "no_such_package.cli:app")
    result = cartage("extra")
    assert result.exit_code == 1
    assert "cannot be loaded: No module named 'no_such_package'" in result.stderr


def test_the_program_starts_without_heavy_imports() -> None:
    heavy = {"airflow", "fastapi", "pandas", "pydantic", "requests", "sqlalchemy", "yaml"}
    program = f"import sys, cartage.cli.main; print(*sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == []


def test_the_version_is_the_packages(cartage: Cartage) -> None:
    from importlib.metadata import version

    assert cartage("--version").stdout == f"cartage {version('cartage')}\n"
