"""Settings and credentials: all mistakes reported together, by label; secrets never shown."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from cartage.connections import Connection, former_fields
from cartage.errors import SettingsError
from cartage.warehouses.extensiv.settings import (
    API_ADDRESS,
    EXTENSIV_FIELDS,
    FIELDS,
    ExtensivCredentials,
    ExtensivSettings,
)


def connection(**changes: object) -> Connection:
    fields = {"login": "client", "password": "s3cret", "extra": {"user_login": "cartage"}, **changes}
    return Connection("wms", **fields)  # type: ignore[arg-type]


def test_every_missing_field_is_named_at_once_by_its_label() -> None:
    with pytest.raises(SettingsError) as caught:
        ExtensivCredentials.from_connection(Connection("wms", host="ftp://x"))
    text = str(caught.value)
    assert "'wms'" in text
    for name, label in EXTENSIV_FIELDS.items():
        assert label in text, name


@pytest.mark.parametrize("extra", [{"user_login": "a"}, {"user_login_id": 7}, {"tpl_secret": "{GUID}"}])
def test_a_single_identification_of_the_user_is_enough(extra: dict[str, object]) -> None:
    grant = ExtensivCredentials.from_connection(connection(extra=extra)).grant()
    named = {name.removesuffix("_secret"): value for name, value in extra.items()}
    assert grant == {"grant_type": "client_credentials", **named}


def test_the_guid_is_still_read_under_its_former_name_which_airflow_shows() -> None:
    """Airflow masks extras by their names, and `tpl` is none that it masks."""
    kept = connection(extra={"tpl": " {GUID} "})
    assert ExtensivCredentials.from_connection(kept).grant()["tpl"] == "{GUID}"
    (line,) = former_fields(kept, FIELDS)
    assert "TPL GUID" in line
    assert "tpl_secret" in line
    assert not former_fields(connection(extra={"tpl_secret": "{GUID}"}), FIELDS)


@pytest.mark.parametrize(
    ("changes", "label"), [({"password": "s"}, "Client secret"), ({"extra": {"tpl_secret": "{"}}, "TPL GUID")]
)
def test_a_secret_of_one_letter_is_refused_as_a_mistake(changes: dict[str, object], label: str) -> None:
    with pytest.raises(SettingsError, match=f"{label}: has only 1 character"):
        ExtensivCredentials.from_connection(connection(**changes))


def test_the_users_id_is_sent_as_a_number() -> None:
    grant = ExtensivCredentials.from_connection(connection(extra={"user_login_id": "77"})).grant()
    assert grant["user_login_id"] == 77


@pytest.mark.parametrize(
    ("fields", "address"),
    [
        ({}, API_ADDRESS),
        ({"host": "secure-wms.com"}, "https://secure-wms.com"),
        ({"host": "127.0.0.1", "schema": "http", "port": 8080}, "http://127.0.0.1:8080"),
        ({"host": "http://127.0.0.1:8080/"}, "http://127.0.0.1:8080"),
    ],
)
def test_the_address_is_built_from_airflows_fields(fields: dict[str, object], address: str) -> None:
    assert ExtensivCredentials.from_connection(connection(**fields)).base_url == address


def test_the_repr_of_credentials_shows_no_secret() -> None:
    shown = repr(ExtensivCredentials.from_connection(connection(extra={"tpl_secret": "{GUID}"})))
    assert "s3cret" not in shown
    assert "GUID" not in shown


def test_durations_are_written_as_in_lanes() -> None:
    settings = ExtensivSettings.model_validate(
        {"customer_id": 12, "facility_id": 1, "poll_overlap": "2h", "visibility_delay": "1m 30s"}
    )
    assert settings.poll_overlap == timedelta(hours=2)
    assert settings.visibility_delay == timedelta(seconds=90)


@pytest.mark.parametrize("wrong", [{"time_zone": "Mars/Base"}, {"custmer": 1}, {"customer_id": 0}])
def test_mistakes_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ExtensivSettings.model_validate({"customer_id": 12, "facility_id": 1, **wrong})
