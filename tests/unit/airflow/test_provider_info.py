"""The connection types in Airflow's form have the fields that the engine reads."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from importlib.metadata import entry_points
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from airflow.api_fastapi.core_api.datamodels.connections import ConnectionResponse
from airflow.models.connection import Connection as CoreConnection
from airflow.providers_manager import ProvidersManager
from airflow.sdk import BaseHook
from airflow.sdk._shared.secrets_masker import redact

from cartage.lanes.connectors import connection_fields, connection_type, connector_names
from cartage.network import NETWORK_FIELDS
from cartage.storefront.fields import CONNECTION_TYPE, STORE_FIELDS
from cartage_airflow.provider_info import get_provider_info

TYPES: dict[str, dict[str, Any]] = {
    entry["connection-type"]: entry for entry in get_provider_info()["connection-types"]
}
# The others have a type that another provider brings.
WITH_OWN_TYPE = [name for name in connector_names() if connection_type(name) in TYPES]
NETWORK = {field.name: field.label for field in NETWORK_FIELDS}
STANDARD = ("host", "login", "password", "port", "schema")


def labels(connection_type: str) -> dict[str, str]:
    """The form's entry for each field that it shows."""
    found = TYPES[connection_type]
    behaviour = found["ui-field-behaviour"]
    shown = [name for name in STANDARD if name not in behaviour["hidden-fields"]]
    standard = {name: behaviour["relabeling"].get(name, name) for name in shown}
    return standard | {f"extra.{name}": field["label"] for name, field in found["conn-fields"].items()}


def test_the_form_of_a_store_has_the_fields_that_the_engine_reads_with_the_same_labels() -> None:
    read = {"host" if field.place == "host" else f"extra.{field.name}": field.label for field in STORE_FIELDS}
    assert labels(CONNECTION_TYPE) == read | NETWORK


@pytest.mark.parametrize("connector", WITH_OWN_TYPE)
def test_the_form_of_a_warehouse_has_the_fields_that_its_connector_reads_with_the_same_labels(
    connector: str,
) -> None:
    read = {field.name: field.label for field in connection_fields(connector)}
    assert labels(connection_type(connector)) == read | NETWORK


@pytest.mark.parametrize("own_type", TYPES)
def test_every_form_says_how_the_remote_is_reached(own_type: str) -> None:
    shown = TYPES[own_type]["conn-fields"]
    for field in NETWORK_FIELDS:
        assert shown[field.name.removeprefix("extra.")]["description"] == field.description


def blind(own_type: str) -> set[str]:
    fields = TYPES[own_type]["conn-fields"]
    return {name for name, field in fields.items() if field["schema"].get("format") == "password"}


def test_secrets_of_a_store_are_password_fields() -> None:
    assert blind(CONNECTION_TYPE) == {field.name for field in STORE_FIELDS if field.secret} | {"proxy"}


@pytest.mark.parametrize("connector", WITH_OWN_TYPE)
def test_secrets_of_a_warehouse_are_password_fields(connector: str) -> None:
    fields = (*connection_fields(connector), *NETWORK_FIELDS)
    secret = {field.name for field in fields if field.secret}
    assert {f"extra.{name}" for name in blind(connection_type(connector))} == secret - {"password"}


@pytest.mark.parametrize("own_type", TYPES)
def test_airflows_api_shows_no_secret_of_our_forms(own_type: str) -> None:
    """Airflow masks extras by their names alone (`extra.tpl` was shown in clear)."""
    values = {name: f"value-of-{name}" for name in TYPES[own_type]["conn-fields"]}
    kept = CoreConnection(conn_id="wms", conn_type=own_type, extra=json.dumps(values))
    shown = json.loads(ConnectionResponse.model_validate(kept).model_dump()["extra"])
    assert {name for name, value in shown.items() if value == "***"} == blind(own_type)


@pytest.mark.parametrize("connector", connector_names())
def test_airflow_masks_the_secret_extras_of_every_connector(connector: str) -> None:
    secret = [field.name for field in connection_fields(connector) if field.secret]
    masked = redact(dict.fromkeys(secret, "value"))
    assert masked == dict.fromkeys(secret, "***"), "give extras names that Airflow masks, such as ..._secret"


@pytest.mark.parametrize("own_type", TYPES)
def test_a_connection_type_is_a_valid_uri_scheme(own_type: str) -> None:
    """Airflow caches connections as URIs, which lose a type that begins with a digit."""
    assert own_type[0].isalpha()
    assert own_type.isalnum()


@pytest.mark.parametrize("own_type", TYPES)
def test_the_hook_of_a_connection_type_exists_and_names_that_type(own_type: str) -> None:
    module, _, name = TYPES[own_type]["hook-class-name"].rpartition(".")
    hook: Any = getattr(import_module(module), name)
    assert issubclass(hook, BaseHook)
    assert hook.conn_type == own_type
    assert hook.hook_name == TYPES[own_type]["hook-name"]


def test_airflow_offers_the_types_with_their_fields() -> None:
    manager: Any = ProvidersManager()  # type: ignore[no-untyped-call]
    for own_type, one in TYPES.items():
        offered = set(manager.connection_form_widgets)
        assert {f"extra__{own_type}__{name}" for name in one["conn-fields"]} <= offered
        assert own_type in manager.field_behaviours


@pytest.mark.parametrize("connector", connector_names())
def test_airflow_knows_the_connection_type_of_every_connector(connector: str) -> None:
    manager: Any = ProvidersManager()  # type: ignore[no-untyped-call]
    assert connection_type(connector) in manager.hooks


def test_files_use_the_connection_type_of_airflows_own_provider() -> None:
    manager: Any = ProvidersManager()  # type: ignore[no-untyped-call]
    kind = connection_type("files")
    assert kind == "sftp"
    assert manager.hooks[kind].package_name == "apache-airflow-providers-sftp"


def test_the_metadata_matches_airflows_schema() -> None:
    schema = json.loads(files("airflow").joinpath("provider_info.schema.json").read_text())
    jsonschema.validate(get_provider_info(), schema)


def test_airflow_finds_it_by_its_entry_point() -> None:
    found = entry_points(group="apache_airflow_provider")
    ours = [entry for entry in found if entry.module == "cartage_airflow.provider_info"]
    assert [entry.load() for entry in ours] == [get_provider_info]


def test_it_imports_nothing() -> None:
    """Airflow loads it in every process while it is being imported."""
    program = "import sys, typing; before = set(sys.modules)\nimport cartage_airflow.provider_info\n"
    program += "print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["cartage_airflow", "cartage_airflow.provider_info"]
