"""The commands are alike: `--json` everywhere, one way to name a lane, an order and a person."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, get_args

import pytest
from typer.main import get_command

from cartage.cli.main import app
from cartage.cli.orders.finding import OrderName

# Written to a person's screen or file in a format of their own.
WITHOUT_JSON = {
    "init",  # a conversation
    "lanes schema",  # JSON by itself
    "lanes manual",
    "files profiles schema",  # JSON by itself
    "files profiles manual",
}
# What is recorded in the ledger with the name of the person.
RECORDED = {
    "cutover",
    "differences fix",
    "differences ignore",
    "exceptions decide",
    "files quarantine drop",
    "files quarantine release",
    "holds release",
    "ledger recover",
    "mappings drop",
    "mappings import",
    "mappings set",
    "orders correct",
    "orders hold",
    "orders release",
    "orders restart",
    "orders retry",
    "orders skip",
    "routing choose",
    "stock approve",
    "stock refuse",
}
OVER_ALL_LANES = {
    "alerts list",
    "coverage",
    "differences list",
    "exceptions list",
    "files list",
    "files quarantine list",
    "heartbeat",
    "holds list",
    "orders blocked",
    "orders correct",
    "orders documents",
    "orders find",
    "orders hold",
    "orders list",
    "orders payload",
    "orders release",
    "orders restart",
    "orders retry",
    "orders show",
    "orders skip",
    "report",
    "routing choose",
    "routing explain",
    "shipments unmatched",
    "shipments unreadable",
    "status",
}


def commands(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    if not hasattr(command, "commands"):
        yield name, command
        return
    for inner, found in command.commands.items():
        yield from commands(f"{name} {inner}".strip(), found)


COMMANDS = dict(commands("", get_command(app)))
SHOWN = {name: command for name, command in COMMANDS.items() if not command.hidden}


def options(command: Any) -> dict[str, Any]:
    return {option: parameter for parameter in command.params for option in parameter.opts}


def test_every_command_that_reads_or_writes_prints_json() -> None:
    assert len(SHOWN) > 40
    without = {name for name, command in SHOWN.items() if "--json" not in options(command)}
    assert without == WITHOUT_JSON


def test_what_is_recorded_has_a_name_and_nothing_else_asks_for_one() -> None:
    assert {name for name, command in SHOWN.items() if "--by" in options(command)} == RECORDED


def test_a_lane_is_named_in_one_way_and_only_where_one_is_needed() -> None:
    lanes = {
        name: options(command)["--lane"] for name, command in SHOWN.items() if "--lane" in options(command)
    }
    assert len(lanes) > 30
    assert all("-l" in lane.opts for lane in lanes.values())
    optional = {name for name, lane in lanes.items() if not lane.required} - {"init", "ledger recover"}
    assert optional == OVER_ALL_LANES


def test_every_command_about_an_order_takes_any_of_its_numbers() -> None:
    words = get_args(OrderName)[1].help
    named = {
        name: parameter.help
        for name, command in SHOWN.items()
        for parameter in command.params
        if parameter.param_type_name == "argument" and parameter.metavar == "ORDER"
    }
    assert {name for name in named if name.startswith("orders ")} == {
        name for name in RECORDED if name.startswith("orders ")
    } | {"orders show", "orders payload", "orders documents"}
    assert set(named.values()) == {words}


@pytest.mark.parametrize(("former", "now"), [("holds set", "cartage orders hold")])
def test_a_renamed_command_says_its_new_name(cartage: Any, former: str, now: str) -> None:
    assert COMMANDS[former].hidden
    result = cartage(*former.split(), "--lane", "demo", "A3K_1_0", "--reason", "x", "--by", "ann")
    assert result.exit_code == 1
    assert f"This command is now `{now}`" in result.stderr


def test_the_page_of_the_command_line_has_every_command() -> None:
    file = Path(__file__).resolve().parents[3] / "docs/site_hooks.py"
    spec = spec_from_file_location("site_hooks", file)
    assert spec is not None
    assert spec.loader is not None
    hooks = module_from_spec(spec)
    spec.loader.exec_module(hooks)
    page = hooks.command_reference()
    assert {name for name in SHOWN if f"`cartage {name}`" not in page} == set()
    assert "holds set" not in page
