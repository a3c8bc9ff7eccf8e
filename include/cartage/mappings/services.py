"""The warehouse's services by code and by name. Pure.

An order names a service's code. Mappings may have the code or the name that people know, in any letter case and
punctuation; both mean the same service. A rule for anything else is refused, unless a person forces it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from cartage.errors import SettingsError
from cartage.mappings.rules import Mappings, MethodRule, Rule
from cartage.mappings.ship_methods import normalised
from cartage.model.orders import ShipMethod

# A message names so many of the services that there are.
_MOST_NAMED = 12
FIX_UNOFFERED = "Choose what the warehouse offers, or force it and give the reason."


class OfferedServices:
    """What a warehouse offers for orders, as it was last read."""

    def __init__(self, offered: Iterable[ShipMethod]) -> None:
        self.methods = tuple(dict.fromkeys(offered))
        self._by_carrier: dict[str, list[ShipMethod]] = defaultdict(list)
        for method in self.methods:
            self._by_carrier[normalised(method.carrier)].append(method)

    def of_carrier(self, carrier: str) -> Sequence[ShipMethod]:
        """Return the services of a carrier."""
        return self._by_carrier.get(normalised(carrier), ())

    def matching(self, carrier: str, service: str) -> Sequence[ShipMethod]:
        """Return the services that a mapping means: by code, else by name, each first exactly, then as people write it.

        Several only if they have the same name.
        """
        services = self.of_carrier(carrier)
        wanted = normalised(service)
        found = (
            [method for method in services if method.service == service],
            [method for method in services if wanted and normalised(method.service) == wanted],
            [method for method in services if method.title and method.title == service],
            [method for method in services if wanted and normalised(method.title) == wanted],
        )
        return next((methods for methods in found if methods), ())

    def resolved(self, method: ShipMethod) -> ShipMethod:
        """Return the method with the service's code, and the spelling of the warehouse; as it is if it is not clear."""
        found = self.matching(method.carrier, method.service)
        if len(found) != 1:
            return method
        return replace(method, carrier=found[0].carrier, service=found[0].service, title=found[0].title)

    def title_of(self, carrier: str, service: str) -> str:
        """Return what people call a service of which the warehouse reports the code; the code if it has no name."""
        method = self.resolved(ShipMethod(carrier, service))
        return method.title or service


@dataclass(frozen=True, slots=True)
class NotOffered:
    """What a rule names and the warehouse does not offer: in which `column`, and what it offers instead."""

    column: str
    reason: str
    offers: str

    def __str__(self) -> str:
        return f"{self.reason}. {self.offers}"


def resolve_services(mappings: Mappings, offered: Iterable[ShipMethod]) -> Mappings:
    """Return the mappings with the codes of the services that they name."""
    services = OfferedServices(offered)
    methods = tuple(replace(rule, method=services.resolved(rule.method)) for rule in mappings.methods)
    return replace(mappings, methods=methods)


class WarehouseOffers:
    """What each of a lane's warehouses offers, by its name; of one that was never asked nothing is known."""

    def __init__(self, by_warehouse: Mapping[str, Sequence[ShipMethod]] | None = None) -> None:
        self._own = {name: OfferedServices(offered) for name, offered in (by_warehouse or {}).items()}
        every = [own.methods for own in self._own.values()]
        # A rule for all warehouses may name what any of them offers, as long as all are known.
        self._any = OfferedServices(method for methods in every for method in methods if all(every))

    def at(self, warehouse: str) -> OfferedServices:
        """Return what a rule of this warehouse may name; with an empty name, a rule for all of them."""
        return self._own.get(warehouse) or (OfferedServices(()) if warehouse else self._any)


def refuse_unoffered(rules: Iterable[Rule], offers: WarehouseOffers) -> None:
    """Accept only rules whose carrier and service their warehouse offers.

    Without an offer nothing is known, so all are accepted. A rule without a service names a carrier alone.

    Raises:
        SettingsError: with every rule whose carrier or service the warehouse does not offer.
    """
    mistakes = [
        f"  {rule.store!r}{f' at {rule.warehouse}' if rule.warehouse else ''}: {mistake}"
        for rule in rules
        if isinstance(rule, MethodRule) and (mistake := not_offered(offers.at(rule.warehouse), rule.method))
    ]
    if mistakes:
        raise SettingsError("the mappings", [*mistakes, f"  {FIX_UNOFFERED}"])


def not_offered(services: OfferedServices, method: ShipMethod) -> NotOffered | None:
    """Return what about a method the warehouse does not offer; None if it offers it, or if its offer is not known.

    A method without a service names a carrier alone.
    """
    if not services.methods:
        return None
    carrier, service = method.carrier, method.service
    of_carrier = services.of_carrier(carrier)
    if not of_carrier:
        known = sorted({method.carrier for method in services.methods})
        return NotOffered("carrier", f"the warehouse offers no carrier {carrier!r}", _offers(known))
    if service and not services.matching(carrier, service):
        known = sorted({method.title or method.service for method in of_carrier} - {""})
        reason = f"the warehouse offers no service {service!r} of {carrier}"
        return NotOffered("service", reason, _offers(known))
    return None


def _offers(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"It offers {', '.join(names[:_MOST_NAMED])}{more}." if names else "It offers none."
