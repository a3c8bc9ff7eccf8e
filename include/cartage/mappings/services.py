"""The warehouse's services by code and by name. Pure.

An order names a service's code. Mappings may have the code or the name that people know, in any letter case and
punctuation; both mean the same service.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from cartage.mappings.rules import Mappings
from cartage.mappings.ship_methods import normalised
from cartage.model.orders import ShipMethod


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


def resolve_services(mappings: Mappings, offered: Iterable[ShipMethod]) -> Mappings:
    """Return the mappings with the codes of the services that they name."""
    services = OfferedServices(offered)
    methods = tuple(replace(rule, method=services.resolved(rule.method)) for rule in mappings.methods)
    return replace(mappings, methods=methods)
