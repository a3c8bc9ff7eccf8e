"""What an operator sees when something fails."""

from __future__ import annotations

import pytest

from cartage_sandbox.stack.client import AirflowClient
from cartage_sandbox.threedcart import TOKEN
from tests.e2e.conftest import Site, hours_ago
from tests.e2e.waiting import until

pytestmark = pytest.mark.e2e


def test_a_refused_credential_fails_the_task_names_the_credential_and_alerts(
    site: Site, client: AirflowClient
) -> None:
    shop = site.shops["denied"]
    shop.store.credentials.revoke(TOKEN)
    client.unpause("orders__denied")
    window = (hours_ago(3), hours_ago(2))

    run_id = client.trigger("orders__denied", window=window)
    run = client.wait_for_run("orders__denied", run_id, seconds=180)

    task = client.task("orders__denied", run_id, "import_orders")
    assert (run.state, task.state, task.try_number) == ("failed", "failed", 1)
    log = client.task_log("orders__denied", run_id, "import_orders")
    for words in ("Secure URL", "Private key", "Token", shop.store_connection, "Modules > REST API"):
        assert words in log
    assert TOKEN not in log

    # A weekly report may come between.
    mails = until(lambda: about_the_task(mail_texts(site)), seconds=30, what="the mail")
    hooks = until(lambda: about_the_task(hook_texts(site)), seconds=30, what="the webhook's message")
    for text in (mails[0], hooks[0]):
        for words in ("denied", shop.store_connection, site.airflow.url):
            assert words in text
        assert TOKEN not in text


def about_the_task(texts: list[str]) -> list[str]:
    """Return the texts that name the task that failed."""
    return [text for text in texts if "import_orders" in text]


def mail_texts(site: Site) -> list[str]:
    """Return the plain part of each mail that was received."""
    bodies = [mail.get_body(("plain",)) for mail in site.mail.received]
    return [body.get_content() for body in bodies if body is not None]


def hook_texts(site: Site) -> list[str]:
    """Return what each message to the webhook said."""
    return [str(message) for message in site.webhook.received]


def test_a_broken_lane_is_shown_and_stops_no_other(site: Site, client: AirflowClient) -> None:
    client.unpause("orders__steady")
    before = until(
        lambda: client.runs("orders__steady", run_type="scheduled", state="success"),
        seconds=180,
        what="a first run of lane steady",
    )
    broken = {
        **site.lanes,
        "broken": {**site.lanes["past"], "store": {"connection": "x", "time_zone": "Mars/Olympus"}},
    }

    site.deployment.write_lanes(broken)
    errors = until(
        lambda: {name: text for name, text in client.import_errors().items() if "lanes_check" in name},
        seconds=180,
        what="the import error of lanes_check.py",
    )

    assert "lanes.broken.store.time_zone" in str(errors)
    assert "Mars/Olympus" in str(errors)
    assert set(client.import_errors()) == set(errors)
    until(
        lambda: client.runs("orders__steady", run_type="scheduled", state="success"),
        lambda runs: len(runs) > len(before),
        seconds=180,
        what="the next run of lane steady",
    )
    site.deployment.write_lanes(site.lanes)
    until(client.import_errors, lambda left: not left, seconds=180, what="the import error to go")
    client.pause("orders__steady")
