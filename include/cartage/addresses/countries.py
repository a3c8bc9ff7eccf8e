"""Countries by every name and code that stores and warehouses write."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from cartage.addresses.spelling import fold, squeeze

# Names that buyers and shops write, and that ISO 3166 does not list.
_MORE_NAMES: Mapping[str, tuple[str, ...]] = {
    "AE": ("UAE",),
    "AT": ("Österreich",),
    "BE": ("Belgique", "België"),
    "BN": ("Brunei",),
    "BR": ("Brasil",),
    "CH": ("Schweiz", "Suisse", "Svizzera"),
    "CI": ("Ivory Coast",),
    "CV": ("Cape Verde",),
    "CZ": ("Czech Republic",),
    "DE": ("Deutschland",),
    "DK": ("Danmark",),
    "ES": ("España",),
    "FI": ("Suomi",),
    "FM": ("Micronesia",),
    "GB": ("UK", "Great Britain", "Britain", "England", "Scotland", "Wales", "Northern Ireland"),
    "GR": ("EL",),
    "IE": ("Republic of Ireland", "Éire"),
    "IT": ("Italia",),
    "KP": ("North Korea",),
    "KR": ("South Korea",),
    "LA": ("Laos",),
    "MK": ("Macedonia",),
    "MM": ("Burma",),
    "MO": ("Macau",),
    "NL": ("Holland", "Nederland"),
    "NO": ("Norge",),
    "PL": ("Polska",),
    "RU": ("Russia",),
    "SE": ("Sverige",),
    "SZ": ("Swaziland",),
    "TR": ("Turkey",),
    "US": ("United States (US)", "USA (United States)", "U.S. of America"),
    "VA": ("Vatican", "Vatican City"),
    "VG": ("British Virgin Islands",),
    "VI": ("US Virgin Islands", "Virgin Islands", "United States Virgin Islands", "USVI"),
    "XK": ("XK", "XKX", "Kosovo"),
}


def country_code(text: str) -> str:
    """Return the ISO 3166-1 alpha-2 code of a country's name or code; the text itself if it names no country."""
    return _codes().get(_key(text), text.strip())


def is_country(code: str) -> bool:
    """Return whether this is the ISO 3166-1 alpha-2 code of a country."""
    return _codes().get(_key(code)) == code


@cache
def _codes() -> Mapping[str, str]:
    # Imported here, because its tables are not to be read when a DAG is parsed.
    import pycountry

    codes: dict[str, str] = {}
    for country in pycountry.countries:
        code = str(country.alpha_2)
        names = [code, country.alpha_3, country.name]
        names += [getattr(country, field, "") for field in ("official_name", "common_name")]
        for name in filter(None, names):
            # "Korea, Republic of" is also written "Republic of Korea".
            first, comma, rest = str(name).partition(", ")
            for spelling in (str(name), f"{rest} {first}" if comma else ""):
                codes.setdefault(_key(spelling), code)
    for code, more in _MORE_NAMES.items():
        for name in more:
            codes.setdefault(_key(name), code)
    codes.pop("", None)
    return codes


def _key(text: str) -> str:
    words = fold(text).replace("&", " and ").replace(".", "").split()
    if len(words) > 1:
        words = ["saint" if word == "st" else word for word in words]
        words = words[1:] if words[0] == "the" else words
    return squeeze("".join(words))
