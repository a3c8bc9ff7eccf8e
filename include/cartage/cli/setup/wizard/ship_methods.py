"""The wizard's questions about ship methods: each text that orders used, and what it is called at the warehouse."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import typer

from cartage.cli.printing import show_table
from cartage.cli.setup.wizard.asking import Asking, Prompt
from cartage.errors import SettingsError

if TYPE_CHECKING:
    from cartage.model.orders import ShipMethod

_LEAVE_OUT = "-"


def ask_ship_methods(
    asking: Asking, used: Counter[str], offered: Sequence[ShipMethod], given: Mapping[str, str]
) -> dict[str, ShipMethod]:
    """The store's texts with their methods at the warehouse; what is left out blocks its orders until it is mapped.

    `given` are answers known beforehand, text -> `CARRIER/SERVICE`. A suggestion is taken by a person alone.

    Raises:
        SettingsError: if nobody can be asked, and an answer names what the warehouse does not offer.
    """
    if asking.interactive:
        show_offered(offered)
    texts = list(dict.fromkeys([*given, *(text for text, _ in used.most_common())]))
    chosen = {text: _ask(asking, text, used[text], offered, given.get(text)) for text in texts}
    return {text: method for text, method in chosen.items() if method is not None}


def show_offered(offered: Sequence[ShipMethod]) -> None:
    """Print the warehouse's carriers with their services."""
    services: dict[str, list[str]] = {}
    for method in offered:
        services.setdefault(method.carrier, []).append(method.service)
    rows = [(carrier, ", ".join(filter(None, names))) for carrier, names in services.items()]
    show_table(("carrier", "services"), rows, title="What the warehouse ships by")


def _ask(
    asking: Asking, text: str, orders: int, offered: Sequence[ShipMethod], given: str | None
) -> ShipMethod | None:
    from cartage.mappings.suggestions import suggest_methods

    near = [suggest_method.ship_method for suggest_method in suggest_methods(text, offered)]
    if asking.interactive and given is None:
        typer.echo(f"\n{text!r} ({orders} order(s)). Suggestions: {', '.join(map(_shown, near)) or 'none'}.")
    question = Prompt(
        f"--ship-method {text!r}", f"CARRIER/SERVICE for {text!r}, or {_LEAVE_OUT} to leave it out"
    )

    def once() -> ShipMethod | None:
        default = _shown(near[0]) if near and asking.interactive else _LEAVE_OUT
        return _read(asking.text(question, given, default=default), text, offered)

    return asking.until_right(once)


def _read(decision: str, text: str, offered: Sequence[ShipMethod]) -> ShipMethod | None:
    from cartage.mappings.ship_methods import normalised
    from cartage.model.orders import ShipMethod

    if decision == _LEAVE_OUT:
        return None
    carrier, _, service = (part.strip() for part in decision.partition("/"))
    if not offered:
        return ShipMethod(carrier, service)
    # A carrier's own name may hold a stroke: the whole is compared.
    for method in offered:
        if normalised(_shown(method)) == normalised(decision):
            return method
    message = f"  {decision!r} for {text!r}: the warehouse offers no such carrier and service; write CARRIER/SERVICE."
    raise SettingsError("ship methods", [message])


def _shown(method: ShipMethod) -> str:
    return f"{method.carrier}/{method.service}" if method.service else method.carrier
