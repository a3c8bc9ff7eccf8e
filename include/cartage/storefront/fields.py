"""The fields of a 3dcart connection, as Airflow's form shows them. Plain data with cheap imports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

CONNECTION_TYPE = "threedcart"
API_ADDRESS = "https://apirest.3dcart.com"


@dataclass(frozen=True, slots=True)
class StoreField:
    """A field of the form. `place` says where Airflow stores it: as the host, or in the extras."""

    name: str
    label: str
    description: str
    place: Literal["host", "extra"] = "extra"
    secret: bool = False
    required: bool = True


STORE_FIELDS: tuple[StoreField, ...] = (
    StoreField(
        "host",
        "API address",
        f"Address of the REST API. Leave it empty for 3dcart's own, {API_ADDRESS}.",
        place="host",
        required=False,
    ),
    StoreField(
        "secure_url",
        "Secure URL",
        "The store's Secure URL, e.g. https://your-store.3dcartstores.com (Settings > General > Store).",
    ),
    StoreField(
        "private_key",
        "Private key",
        "Private key of the app (3dcart developer portal: your app > Keys).",
        secret=True,
    ),
    StoreField(
        "token",
        "Token",
        "Token that the store gave the app when its public key was added (3dcart: Modules > REST API).",
        secret=True,
    ),
    StoreField(
        "api_version",
        "API version",
        "v2, or v1 for a store that has no v2. Leave it empty for v2.",
        required=False,
    ),
)

LABELS: dict[str, str] = {field.name: field.label for field in STORE_FIELDS}
