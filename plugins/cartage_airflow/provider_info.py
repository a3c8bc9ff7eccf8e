"""The provider metadata: Cartage's connection types, with named fields for Airflow's connection form.

Airflow calls this in every process while it is being imported, so nothing is imported here. A test compares the fields
with those that the engine reads.
"""

from __future__ import annotations

from typing import Any

_TEXT = {"type": ["string", "null"]}
_SECRET = {"type": ["string", "null"], "format": "password"}

# How a remote is reached: `cartage.network` reads these for every type.
_NETWORK: dict[str, Any] = {
    "proxy": {
        "label": "Proxy",
        "description": (
            "Address of an HTTP proxy, e.g. http://user:password@proxy.example.com:3128; none: no proxy. "
            "Empty: HTTPS_PROXY, HTTP_PROXY and NO_PROXY of the environment."
        ),
        "schema": _SECRET,
    },
    "verify": {
        "label": "CA certificates",
        "description": (
            "Path of a file (PEM) or folder with the certificates of your certificate authority. "
            "Empty: REQUESTS_CA_BUNDLE or SSL_CERT_FILE of the environment, else the public authorities."
        ),
        "schema": _TEXT,
    },
    "cert": {
        "label": "Client certificate",
        "description": "Path of a file (PEM) with certificate and key, for a remote that asks for one.",
        "schema": _TEXT,
    },
}

# The type is not called `3dcart`: Airflow also writes connections as URIs, whose scheme must begin with a letter.
_THREEDCART: dict[str, Any] = {
    "connection-type": "threedcart",
    "hook-name": "3dcart (Shift4Shop) store",
    "hook-class-name": "cartage_airflow.hooks.threedcart.ThreeDCartHook",
    "ui-field-behaviour": {
        "hidden-fields": ["login", "password", "port", "schema", "extra"],
        "relabeling": {"host": "API address"},
        "placeholders": {
            "host": "https://apirest.3dcart.com",
            "secure_url": "https://your-store.3dcartstores.com",
            "api_version": "v2",
        },
    },
    "conn-fields": {
        "secure_url": {
            "label": "Secure URL",
            "description": "The store's Secure URL (3dcart: Settings > General > Store).",
            "schema": _TEXT,
        },
        "private_key": {
            "label": "Private key",
            "description": "Private key of the app (3dcart developer portal: your app > Keys).",
            "schema": _SECRET,
        },
        "token": {
            "label": "Token",
            "description": "Token that the store gave the app (3dcart: Modules > REST API).",
            "schema": _SECRET,
        },
        "api_version": {
            "label": "API version",
            "description": "v2, or v1 for a store that has no v2. Empty: v2.",
            "schema": _TEXT,
        },
        **_NETWORK,
    },
}

_EXTENSIV: dict[str, Any] = {
    "connection-type": "extensiv",
    "hook-name": "Extensiv 3PL Warehouse Manager",
    "hook-class-name": "cartage_airflow.hooks.extensiv.ExtensivHook",
    "ui-field-behaviour": {
        "hidden-fields": ["port", "schema", "extra"],
        "relabeling": {"host": "API address", "login": "Client ID", "password": "Client secret"},
        "placeholders": {"host": "https://secure-wms.com"},
    },
    "conn-fields": {
        "user_login": {
            "label": "User login",
            "description": "The 3PL gives you at least one of user login, user login ID and TPL GUID.",
            "schema": _TEXT,
        },
        "user_login_id": {
            "label": "User login ID",
            "description": "The numeric id of the user, if the 3PL uses one.",
            "schema": _TEXT,
        },
        "tpl_secret": {
            "label": "TPL GUID",
            "description": "The 3PL's key, with its braces.",
            "schema": _SECRET,
        },
        **_NETWORK,
    },
}


_MCF: dict[str, Any] = {
    "connection-type": "mcf",
    "hook-name": "Amazon Multi-Channel Fulfillment",
    "hook-class-name": "cartage_airflow.hooks.mcf.McfHook",
    "ui-field-behaviour": {
        "hidden-fields": ["port", "schema", "extra"],
        "relabeling": {"host": "API address", "login": "Client ID", "password": "Client secret"},
        "placeholders": {"host": "na", "login_address": "https://api.amazon.com"},
    },
    "conn-fields": {
        "refresh_token": {
            "label": "Refresh token",
            "description": "Refresh token that the app got when the seller authorized it.",
            "schema": _SECRET,
        },
        "login_address": {
            "label": "Login address",
            "description": "Leave it empty for Amazon's own, https://api.amazon.com.",
            "schema": _TEXT,
        },
        **_NETWORK,
    },
}

_SHIPBOB: dict[str, Any] = {
    "connection-type": "shipbob",
    "hook-name": "ShipBob",
    "hook-class-name": "cartage_airflow.hooks.shipbob.ShipBobHook",
    "ui-field-behaviour": {
        "hidden-fields": ["port", "schema", "extra"],
        "relabeling": {"host": "API address", "login": "Client ID", "password": "Personal access token"},
        "placeholders": {"host": "https://api.shipbob.com"},
    },
    "conn-fields": {
        "client_secret": {
            "label": "Client secret",
            "description": "Only for an application that uses OAuth, with Client ID, in place of a token.",
            "schema": _SECRET,
        },
        "refresh_token": {
            "label": "Refresh token",
            "description": "For OAuth: of the scope offline_access.",
            "schema": _SECRET,
        },
        "grant_file": {
            "label": "Grant file",
            "description": "For OAuth: where Cartage keeps the newest refresh token. Every worker must see the file.",
            "schema": _TEXT,
        },
        "redirect_uri": {
            "label": "Redirect URI",
            "description": "For OAuth: as the application is registered with.",
            "schema": _TEXT,
        },
        "auth_address": {
            "label": "Sign-in address",
            "description": "For OAuth. Empty: https://auth.shipbob.com.",
            "schema": _TEXT,
        },
        **_NETWORK,
    },
}


def get_provider_info() -> dict[str, Any]:
    """Return the metadata, as Airflow's `provider_info.schema.json` defines it."""
    return {
        "package-name": "cartage",
        "name": "Cartage",
        "description": "Order fulfillment for 3dcart (Shift4Shop) stores.",
        "connection-types": [_THREEDCART, _EXTENSIV, _MCF, _SHIPBOB],
        "notifications": ["cartage_airflow.alarms.CartageNotifier"],
    }
