"""Countries and states in routing rules that no address has: such a rule never applies, and nobody notices. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING

from cartage.lanes.mistakes import SettingFinding

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane
    from cartage.lanes.settings.several.routing import RoutingRule


def unknown_places(lane: Lane) -> Iterator[SettingFinding]:
    """Yield a warning for each country that does not exist, and each state that its countries do not have.

    States of other countries than the US, Canada and Australia are compared as they are written, and not judged.
    """
    for index, rule in enumerate(lane.routing):
        # The tables of places are read only for rules that name some.
        if rule.when.countries:
            yield from _unknown_countries(index, rule)
        if rule.when.states:
            yield from _unknown_states(index, rule)


def _unknown_countries(index: int, rule: RoutingRule) -> Iterator[SettingFinding]:
    from cartage.addresses import country_code, is_country

    for place, country in enumerate(rule.when.countries):
        if not is_country(country_code(country)):
            yield SettingFinding(
                ("routing", index, "when", "countries", place),
                f"no country has the code {country!r}, so no address meets this",
                "Write its two-letter code (ISO 3166-1), such as US or CA.",
            )


def _unknown_states(index: int, rule: RoutingRule) -> Iterator[SettingFinding]:
    from cartage.addresses import country_code
    from cartage.addresses.regions import WITH_CODES, is_region, region_code, region_names

    named = list(map(country_code, rule.when.countries))
    countries = named or list(WITH_CODES)
    if any(country not in WITH_CODES for country in countries):
        return
    for place, state in enumerate(rule.when.states):
        if any(is_region(country, region_code(country, state).upper()) for country in countries):
            continue
        names = {name: code for country in countries for name, code in region_names(country).items()}
        near = get_close_matches(state.strip(), names, n=1)
        fix = f"Did you mean {names[near[0]]} ({near[0]})?" if near else "Write its code, such as CA."
        of = " or ".join(countries) if named else "the US, Canada or Australia"
        yield SettingFinding(
            ("routing", index, "when", "states", place),
            f"no state or province of {of} has the code {state!r}",
            fix if named else f"{fix} For another country, name it in `countries`.",
        )
