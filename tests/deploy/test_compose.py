"""The shipped docker-compose.yaml is secure and complete, as far as reading it can show."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy import compose

SECRETS = {
    "AIRFLOW_ADMIN_PASSWORD",
    "AIRFLOW_DB_PASSWORD",
    "AIRFLOW_FERNET_KEY",
    "AIRFLOW_JWT_SECRET",
    "AIRFLOW_SECRET_KEY",
    "CARTAGE_DB_PASSWORD",
    "POSTGRES_PASSWORD",
    "REDIS_PASSWORD",
}
VALUES = {name: f"value-of-{name}" for name in compose.required_variables()}
SERVICES = compose.services(VALUES)
AIRFLOW = {name: service for name, service in SERVICES.items() if name.startswith("airflow-")}
ONE_SHOT = {name for name, service in SERVICES.items() if service["restart"] == "no"}


def example() -> dict[str, str]:
    lines = (compose.ROOT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if re.match(r"[A-Z_]+=", line))


def environment_for_all(name: str) -> set[object]:
    return {service["environment"].get(name) for service in AIRFLOW.values()}


def test_the_components_of_airflow_and_their_databases_are_there() -> None:
    assert set(SERVICES) == {
        "postgres",
        "airflow-init",
        "airflow-apiserver",
        "airflow-execution",
        "airflow-scheduler",
        "airflow-dag-processor",
        "airflow-triggerer",
        "airflow-clean",
        "redis",
        "airflow-worker",
    }


def test_idle_transactions_are_ended() -> None:
    assert "idle_in_transaction_session_timeout=60s" in SERVICES["postgres"]["command"]


def test_a_refused_row_is_not_quoted_in_the_servers_log() -> None:
    assert "log_error_verbosity=terse" in SERVICES["postgres"]["command"]


def test_only_the_celery_profile_has_redis_and_workers() -> None:
    profiles = {name: service["profiles"] for name, service in SERVICES.items() if "profiles" in service}
    assert profiles == {"redis": ["celery"], "airflow-worker": ["celery"], "airflow-clean": ["clean"]}


@pytest.mark.parametrize("missing", sorted(SECRETS))
def test_no_secret_has_a_default(missing: str) -> None:
    with pytest.raises(compose.MissingVariable, match=rf"{missing}: see \.env\.example"):
        compose.services(VALUES | {missing: ""})


def test_every_secret_in_the_file_is_a_variable() -> None:
    for line in compose.text().splitlines():
        if re.search(r"(PASSWORD|SECRET|_KEY|CLI_AUTH|_URL|_CONN|_BACKEND)\w*: .*[:@]", line):
            assert ":?see .env.example}" in line or "http://" in line, line


def test_the_example_environment_names_every_variable_and_holds_no_secret() -> None:
    named = example()
    commented = set(re.findall(r"^# ([A-Z_]+)=", (compose.ROOT / ".env.example").read_text(), re.MULTILINE))
    assert compose.required_variables() <= set(named)
    assert set(compose.variables_with_default()) <= set(named) | commented
    assert {name for name in SECRETS if named[name]} == set()


def test_values_of_the_example_are_the_defaults_of_the_file() -> None:
    defaults = compose.variables_with_default()
    assert {name: defaults[name] for name, value in example().items() if value} == {
        name: value for name, value in example().items() if value
    }


@pytest.mark.parametrize("name", sorted(set(SERVICES) - ONE_SHOT))
def test_every_long_running_service_has_a_health_check_and_restarts(name: str) -> None:
    service = SERVICES[name]
    assert compose.health_command(service)
    assert service["restart"] == "unless-stopped"


def test_ports_are_open_on_this_machine_only() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"airflow-apiserver": ["127.0.0.1:8080:8080"]}


@pytest.mark.parametrize(
    "name",
    [
        "AIRFLOW__API_AUTH__JWT_SECRET",
        "AIRFLOW__API_AUTH__JWT_ISSUER",
        "AIRFLOW__API__SECRET_KEY",
        "AIRFLOW__CORE__FERNET_KEY",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL",
        "AIRFLOW__CORE__EXECUTOR",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
        "CARTAGE_LANES_FILE",
        "CARTAGE_LEDGER_URL",
    ],
)
def test_every_component_of_airflow_has_the_same_setting(name: str) -> None:
    values = environment_for_all(name)
    assert len(values) == 1
    assert None not in values


def test_lanes_may_be_a_folder_of_the_mounted_configuration() -> None:
    folder = "/opt/airflow/include/config/lanes.d"
    services = compose.services(VALUES | {"CARTAGE_LANES_FILE": folder})
    scheduler = services["airflow-scheduler"]
    assert scheduler["environment"]["CARTAGE_LANES_FILE"] == folder
    assert "./include:/opt/airflow/include:ro" in scheduler["volumes"]


def test_the_page_about_production_repeats_what_its_helm_values_replace() -> None:
    """Helm replaces lists as a whole: the example of a ConfigMap must not lose an entry."""
    page = (compose.ROOT / "docs/production.md").read_text()
    [example] = [block for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if "\nenv:" in block]
    shipped = yaml.safe_load((compose.ROOT / "deploy/helm-values.yaml").read_text())["env"]
    shown = yaml.safe_load(example)
    assert [entry["name"] for entry in shown["env"]] == [entry["name"] for entry in shipped]
    [mount] = shown["volumeMounts"]
    assert {"name": "CARTAGE_LANES_FILE", "value": mount["mountPath"]} in shown["env"]
    assert [volume["name"] for volume in shown["volumes"]] == [mount["name"]]


def test_tasks_use_a_separate_api_server() -> None:
    """Pages for people, such as the desk, must not delay the heartbeat of a task."""
    assert SERVICES["airflow-apiserver"]["command"] == "api-server --apps core"
    assert SERVICES["airflow-execution"]["command"] == "api-server --apps execution"
    assert "ports" not in SERVICES["airflow-execution"]
    [address] = environment_for_all("AIRFLOW__CORE__EXECUTION_API_SERVER_URL")
    assert address == "http://airflow-execution:8080/execution/"


def test_airflow_and_the_ledger_have_a_database_and_a_password_each() -> None:
    environment: dict[str, Any] = SERVICES["airflow-scheduler"]["environment"]
    airflow, ledger = environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"], environment["CARTAGE_LEDGER_URL"]
    assert airflow.endswith("@postgres:5432/airflow")
    assert ledger.endswith("@postgres:5432/cartage")
    assert VALUES["AIRFLOW_DB_PASSWORD"] in airflow
    assert VALUES["CARTAGE_DB_PASSWORD"] in ledger


def test_nothing_of_airflow_starts_before_both_databases_are_migrated() -> None:
    script = SERVICES["airflow-init"]["command"][-1]
    assert script.startswith("set -e\n")
    assert script.index("airflow db migrate") < script.index("cartage ledger migrate")
    for name in set(AIRFLOW) - {"airflow-init"}:
        after = AIRFLOW[name]["depends_on"]["airflow-init"]
        assert after == {"condition": "service_completed_successfully"}


def test_dags_packages_and_plugins_are_mounted_read_only() -> None:
    for service in AIRFLOW.values():
        for folder in ("dags", "include", "plugins"):
            assert f"./{folder}:/opt/airflow/{folder}:ro" in service["volumes"]


def mounted_files() -> list[Path]:
    sources = [volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])]
    return [compose.ROOT / source for source in sources if source.startswith("./")]


@pytest.mark.parametrize("path", sorted(set(mounted_files())), ids=lambda path: path.name)
def test_what_is_mounted_exists(path: Path) -> None:
    assert path.exists()


def test_the_image_is_airflow_with_pinned_packages_run_by_its_own_user() -> None:
    lines = (compose.ROOT / "Dockerfile").read_text().splitlines()
    bases = [line.split()[1] for line in lines if line.startswith("FROM")]
    assert bases == ["apache/airflow:3.3.2", "base", "base"]
    assert [line for line in lines if line.startswith("USER")] == ["USER airflow"]
    installs = [line for line in lines if "pip install" in line]
    assert len(installs) == 2
    assert all("--require-hashes" in line or "--no-deps" in line for line in installs)


def test_the_builder_gets_no_secret() -> None:
    ignored = (compose.ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    assert not [line for line in ignored if line.startswith("!") and "env" in line]
