"""Ask for the warehouse's ship method for each ship method that the store's orders used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import typer

from cartage.cli.printing import show_table
from cartage.cli.setup.wizard.asking import Asking, Prompt
from cartage.errors import SettingsError
from cartage.plurals import counted

if TYPE_CHECKING:
    from cartage.model.orders import ShipMethod

_LEAVE_OUT = "-"


def ask_ship_methods(
    asking: Asking, used: Counter[str], offered: Sequence[ShipMethod], given: Mapping[str, str]
) -> dict[str, ShipMethod]:
    """Return the warehouse's method for each of the store's texts. Orders with a text left out will be blocked.

    `given` maps texts to `CARRIER/SERVICE`. Only a person can accept a suggestion.

    Raises:
        SettingsError: if not interactive, and a value names a method that the warehouse does not offer.
    """
    if asking.interactive:
        show_offered(offered)
    texts = list(dict.fromkeys([*given, *(text for text, _ in used.most_common())]))
    chosen = {text: _ask(asking, text, used[text], offered, given.get(text)) for text in texts}
    return {text: method for text, method in chosen.items() if method is not None}


def show_offered(offered: Sequence[ShipMethod]) -> None:
    """Print the warehouse's carriers with their services, or that it does not list them."""
    if not offered:
        typer.echo(
            "This warehouse does not list its carriers and services. Write them as it wants to read them."
        )
        return
    services: dict[str, list[str]] = {}
    for method in offered:
        services.setdefault(method.carrier, []).append(method.title or method.service)
    rows = [(carrier, ", ".join(filter(None, names))) for carrier, names in services.items()]
    show_table(("carrier", "services"), rows, title="The warehouse's carriers")


def _ask(
    asking: Asking, text: str, orders: int, offered: Sequence[ShipMethod], given: str | None
) -> ShipMethod | None:
    from cartage.mappings.suggestions import suggest_methods

    near = [suggestion.ship_method for suggestion in suggest_methods(text, offered)]
    if asking.interactive and given is None:
        typer.echo(
            f"\n{text!r} ({counted(orders, 'order')}). Suggestions: {', '.join(map(_method_text, near)) or 'none'}."
        )
    prompt = Prompt(
        f"--ship-method {text!r}", f"CARRIER/SERVICE for {text!r}, or {_LEAVE_OUT} to leave it out"
    )

    def attempt() -> ShipMethod | None:
        default = _method_text(near[0]) if near and asking.interactive else _LEAVE_OUT
        return _read(asking.text(prompt, given, default=default), text, offered)

    return asking.until_right(attempt)


def _read(value: str, text: str, offered: Sequence[ShipMethod]) -> ShipMethod | None:
    from cartage.mappings.ship_methods import normalised
    from cartage.model.orders import ShipMethod

    if value == _LEAVE_OUT:
        return None
    carrier, _, service = (part.strip() for part in value.partition("/"))
    if not offered:
        return ShipMethod(carrier, service)
    # A carrier's name may contain a slash, so compare the whole text: with the service's name, or its code.
    for text_of in (_method_text, _code_text):
        for method in offered:
            if normalised(text_of(method)) == normalised(value):
                return method
    of_service = [
        method for method in offered if normalised(method.title or method.service) == normalised(value)
    ]
    if len(of_service) == 1:
        return of_service[0]
    message = (
        f"  {value!r} for {text!r}: the warehouse offers no such carrier and service; write CARRIER/SERVICE, such as "
        f"{_method_text(offered[0])}."
    )
    raise SettingsError("ship methods", [message])


def _method_text(method: ShipMethod) -> str:
    service = method.title or method.service
    return f"{method.carrier}/{service}" if service else method.carrier


def _code_text(method: ShipMethod) -> str:
    return f"{method.carrier}/{method.service}"
