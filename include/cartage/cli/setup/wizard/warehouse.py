"""Ask about the warehouse, test its credentials and settings, and read its ship methods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import typer

from cartage.cli.printing import show_table
from cartage.cli.setup.gap import ledger_gap
from cartage.cli.setup.wizard.asking import SUBJECT, Asking, Prompt
from cartage.connections import Connection, connection_of, default_resolver
from cartage.errors import SettingsError
from cartage.lanes.connectors import asked_settings, connection_fields, connector_names, settings_model

if TYPE_CHECKING:
    from cartage.model.orders import ShipMethod
    from cartage.warehouses.checks import Inspected
    from cartage.warehouses.contract import Warehouse


@dataclass(frozen=True, slots=True)
class FoundWarehouse:
    """The warehouse's tested connection and settings, and the ship methods that it offers."""

    connector: str
    connection: Connection
    settings: Mapping[str, Any]
    ship_methods: Sequence[ShipMethod]


def ask_connector(asking: Asking, given: str | None) -> str:
    """Ask which connector the warehouse needs.

    Raises:
        SettingsError: if not interactive, and there is no such connector.
    """
    names = connector_names()
    prompt = Prompt("--connector", "Warehouse connector", f"Connectors: {', '.join(names)}.")

    def attempt() -> str:
        name = asking.text(prompt, given, default=names[0] if len(names) == 1 else "")
        settings_model(name)
        return name

    return asking.until_right(attempt)


def ask_warehouse(
    asking: Asking, connector: str, connection_id: str, fields: Mapping[str, str], settings: Mapping[str, str]
) -> FoundWarehouse:
    """Ask for the account's credentials and settings, and test them, until they are accepted.

    `fields` and `settings` are values given as options, by name.

    Raises:
        CartageError: if not interactive, and they are not accepted.
    """
    for name in sorted(fields.keys() - {field.name for field in connection_fields(connector)}):
        raise SettingsError(
            f"warehouse connector {connector!r}", [f"  --warehouse {name}: there is no such field."]
        )

    for field in connection_fields(connector):
        if field.secret and field.name in fields:
            variable = _option(field.name, secret=True)
            mistake = (
                f"{field.label} is a secret, and commands can be seen: set {variable}, or type it when asked."
            )
            raise SettingsError(SUBJECT, [f"  --warehouse {field.name}: {mistake}"])

    def attempt() -> FoundWarehouse:
        values = {
            field.name: asking.text(
                Prompt(
                    _option(field.name, field.secret),
                    field.label,
                    field.description,
                    field.secret,
                    field.required,
                ),
                fields.get(field.name),
            )
            for field in connection_fields(connector)
        }
        wanted = {**settings, **_wanted_settings(asking, connector, settings)}
        found = look_at_warehouse(connector, connection_of("", values), wanted)
        return replace(found, connection=replace(found.connection, id=connection_id))

    return asking.until_right(attempt)


def look_at_warehouse(connector: str, connection: Connection, settings: Mapping[str, str]) -> FoundWarehouse:
    """Test credentials and settings. Read-only. Settings are returned as their model reads them.

    The connection is kept nowhere yet, so it has no id.

    Raises:
        SettingsError: if a field is missing or wrong, or the warehouse does not know a value of the settings.
        RemoteError: if the warehouse cannot be read.
    """
    with _opened(connector, connection, settings) as warehouse:
        show_inspected(warehouse.inspect())
        offered = warehouse.ship_methods().items if warehouse.capabilities.carriers else ()
    valid = settings_model(connector).model_validate(dict(settings)).model_dump(mode="json")
    return FoundWarehouse(connector, connection, {name: valid[name] for name in settings}, offered)


@contextmanager
def _opened(connector: str, connection: Connection, settings: Mapping[str, str]) -> Iterator[Warehouse]:
    """Yield the warehouse, on the call budget that lanes on this account share, if there is a ledger yet."""
    from cartage.lanes.settings.limits import Limits
    from cartage.pace import AccountBudget, RemoteBudget, open_local
    from cartage.runtime.warehouse_budget import limits_at, open_account_budget
    from cartage.warehouses.registry import open_warehouse

    with ExitStack() as stack:
        budget: RemoteBudget = AccountBudget(limits_at(connector, Limits()), open_local)
        if not ledger_gap():
            budget = stack.enter_context(
                open_account_budget(connector, connection, Limits(), default_resolver(), background=True)
            )
        yield stack.enter_context(
            closing(open_warehouse(connector, connection, dict(settings), budget=budget))
        )


def show_inspected(inspected: Sequence[Inspected]) -> None:
    """Print what was found.

    Raises:
        SettingsError: if anything is wrong.
    """
    words = {True: "ok", False: "WRONG", None: "unknown"}
    rows = [(item.thing, "note" if item.warns else words[item.ok], item.text) for item in inspected]
    show_table(("checked", "result", "found"), rows, title="The warehouse")
    for item in inspected:
        if item.warns:
            typer.echo(f"{item.thing}: {item.fix}")
    wrong = [f"  {item.thing}: {item.text}. {item.fix}" for item in inspected if item.ok is False]
    if wrong:
        raise SettingsError("the warehouse", wrong)


def _wanted_settings(asking: Asking, connector: str, given: Mapping[str, str]) -> dict[str, str]:
    """Ask for what has no default, and for what a person should check; a default need not be written down."""
    fields, wanted = settings_model(connector).model_fields, {}
    for name, field in fields.items():
        if not field.is_required() and name not in asked_settings(connector):
            continue
        default = "" if field.is_required() else str(field.default or "")
        label = name.replace("_", " ").capitalize()
        required = field.is_required() or bool(default)
        prompt = Prompt(f"--setting {name}", label, field.description or "", required=required)
        value = asking.text(prompt, given.get(name), default=default)
        if field.is_required() or value != default:
            wanted[name] = value
    return wanted


def _option(name: str, secret: bool) -> str:
    plain = name.removeprefix("extra.")
    return f"CARTAGE_INIT_WAREHOUSE_{plain.upper()}" if secret else f"--warehouse {name}"
