"""The wizard's questions about the warehouse, and what a look at the warehouse found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cartage.cli.printing import show_table
from cartage.cli.setup.wizard.asking import Asking, Prompt
from cartage.connections import Connection, connection_of
from cartage.errors import SettingsError
from cartage.lanes.connectors import connection_fields, connector_names, settings_model

if TYPE_CHECKING:
    from cartage.model.orders import ShipMethod
    from cartage.warehouses.contract import Inspected


@dataclass(frozen=True, slots=True)
class FoundWarehouse:
    """The warehouse's connection and settings, tried, and the ship methods that it offers."""

    connector: str
    connection: Connection
    settings: Mapping[str, Any]
    ship_methods: Sequence[ShipMethod]


def ask_connector(asking: Asking, given: str | None) -> str:
    """Ask which connector the warehouse needs.

    Raises:
        SettingsError: if nobody can be asked, and there is no such connector.
    """
    names = connector_names()
    question = Prompt("--connector", "Warehouse connector", f"Connectors: {', '.join(names)}.")

    def once() -> str:
        name = asking.text(question, given, default=names[0] if len(names) == 1 else "")
        settings_model(name)
        return name

    return asking.until_right(once)


def ask_warehouse(
    asking: Asking, connector: str, connection_id: str, fields: Mapping[str, str], settings: Mapping[str, str]
) -> FoundWarehouse:
    """Ask for the account's credentials and the lane's settings there, and try them, until they are accepted.

    `fields` and `settings` are what is known beforehand, by name.

    Raises:
        CartageError: if nobody can be asked, and they are not.
    """
    for name in sorted(fields.keys() - {field.name for field in connection_fields(connector)}):
        raise SettingsError(
            f"warehouse connector {connector!r}", [f"  --warehouse {name}: there is no such field."]
        )

    def once() -> FoundWarehouse:
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
        wanted = {**settings, **_required_settings(asking, connector, settings)}
        return look_at_warehouse(connector, connection_of(connection_id, values), wanted)

    return asking.until_right(once)


def look_at_warehouse(connector: str, connection: Connection, settings: Mapping[str, str]) -> FoundWarehouse:
    """Try credentials and settings; reads only. Settings are returned as their model reads them.

    Raises:
        SettingsError: if a field is missing or wrong, or the warehouse does not know what the settings name.
        RemoteError: if the warehouse cannot be read.
    """
    from cartage.warehouses.registry import open_warehouse

    warehouse = open_warehouse(connector, connection, dict(settings))
    try:
        show_inspected(warehouse.inspect())
        offered = warehouse.ship_methods() if warehouse.capabilities.carriers else ()
    finally:
        warehouse.close()
    valid = settings_model(connector).model_validate(dict(settings)).model_dump(mode="json")
    return FoundWarehouse(connector, connection, {name: valid[name] for name in settings}, offered)


def show_inspected(inspected: Sequence[Inspected]) -> None:
    """Print what was found.

    Raises:
        SettingsError: if anything of it is wrong.
    """
    words = {True: "ok", False: "WRONG", None: "not known"}
    rows = [(one.thing, words[one.ok], one.text) for one in inspected]
    show_table(("looked up", "result", "found"), rows, title="The warehouse")
    wrong = [f"  {one.thing}: {one.text}. {one.fix}" for one in inspected if one.ok is False]
    if wrong:
        raise SettingsError("the warehouse", wrong)


def _required_settings(asking: Asking, connector: str, given: Mapping[str, str]) -> dict[str, str]:
    fields = settings_model(connector).model_fields.items()
    return {
        name: asking.text(
            Prompt(f"--setting {name}", name.replace("_", " ").capitalize(), field.description or ""),
            given.get(name),
        )
        for name, field in fields
        if field.is_required()
    }


def _option(name: str, secret: bool) -> str:
    plain = name.removeprefix("extra.")
    return f"CARTAGE_INIT_WAREHOUSE_{plain.upper()}" if secret else f"--warehouse {name}"
