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
from cartage.connections import Connection, ShownIdentity, connection_of, default_resolver
from cartage.errors import SettingsError
from cartage.lanes.connectors import (
    asked_further,
    asked_settings,
    connection_fields,
    connector_names,
    needs_connection,
    settings_model,
    shown_identity,
)
from cartage.lanes.mistakes import model_at

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from cartage.model.orders import ShipMethod
    from cartage.warehouses.checks import Inspected
    from cartage.warehouses.contract import Warehouse


@dataclass(frozen=True, slots=True)
class FoundWarehouse:
    """The warehouse's tested connection and settings, and the ship methods that it offers.

    With settings that replace the connection, such as a mounted folder, the connection is only a name.
    """

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

    confirmed: set[str] = set()

    def attempt() -> FoundWarehouse:
        connection = connection_of("", {})
        if needs_connection(connector, settings):
            connection = _ask_connection(asking, connector, fields, confirmed)
        wanted = asking.until_right(lambda: _ask_settings(asking, connector, settings))
        found = look_at_warehouse(connector, connection, wanted)
        return replace(found, connection=replace(found.connection, id=connection_id))

    return asking.until_right(attempt)


def _ask_connection(
    asking: Asking, connector: str, fields: Mapping[str, str], confirmed: set[str]
) -> Connection:
    """Ask for the fields of the connection, and whether it is the right remote where only a person can tell.

    `confirmed` are the identities that the person has confirmed before; they are not asked about twice.
    """
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
    shown = shown_identity(connector, connection_of("", values)) if asking.interactive else None
    if shown is not None:
        if shown.value not in confirmed:
            _confirm(shown)
            confirmed.add(shown.value)
        values[shown.field] = shown.value
    return connection_of("", values)


def _confirm(shown: ShownIdentity) -> None:
    typer.echo(f"{shown.described}.")
    if not typer.confirm("Is it the one that the warehouse gave you?", default=False):
        what = "  it is not confirmed: ask the warehouse for it, and compare it again."
        raise SettingsError("the warehouse's identity", [what])


def look_at_warehouse(connector: str, connection: Connection, settings: Mapping[str, Any]) -> FoundWarehouse:
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
    return FoundWarehouse(connector, connection, _as_read(valid, settings), offered)


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


def _ask_settings(asking: Asking, connector: str, given: Mapping[str, str]) -> dict[str, Any]:
    """Ask for what has no default, and for what a person should check; a default need not be written down.

    Raises:
        SettingsError: lists every value that is not one.
    """
    values = dict(given)
    for name, field in settings_model(connector).model_fields.items():
        if field.is_required() or name in asked_settings(connector):
            _ask_setting(asking, name, field, values)
    for name in asked_further(connector, values):
        section, _, last = name.rpartition(".")
        model = model_at(settings_model(connector), tuple(section.split(".")) if section else ())
        if model is not None:
            _ask_setting(asking, name, model.model_fields[last], values)
    from cartage.warehouses.registry import valid_settings

    found = _sections(values)
    valid_settings(connector, found)
    return found


def _ask_setting(asking: Asking, name: str, field: FieldInfo, values: dict[str, str]) -> None:
    default = "" if field.is_required() else str(field.default or "")
    label = name.replace("_", " ").replace(".", " ").capitalize()
    required = field.is_required() or bool(default)
    prompt = Prompt(f"--setting {name}", label, field.description or "", required=required)
    value = asking.text(prompt, values.get(name), default=default)
    if field.is_required() or value != default:
        values[name] = value


def _sections(values: Mapping[str, str]) -> dict[str, Any]:
    """Return values as settings are written: `x12.us.id` is the setting `id` of the section `us` of `x12`."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        *sections, last = name.split(".")
        place = found
        for section in sections:
            place = place.setdefault(section, {})
        place[last] = value
    return found


def _as_read(valid: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the given settings as their model reads them, without those that have their default."""
    return {
        name: _as_read(valid[name], value) if isinstance(value, Mapping) else valid[name]
        for name, value in given.items()
    }


def _option(name: str, secret: bool) -> str:
    plain = name.removeprefix("extra.")
    return f"CARTAGE_INIT_WAREHOUSE_{plain.upper()}" if secret else f"--warehouse {name}"
