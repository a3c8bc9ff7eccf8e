from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from cartage.monitoring import Alert
from cartage.monitoring.channels.alert import AlertState
from cartage.monitoring.channels.render import alert_text, slack_json, subject

ALERT = Alert(
    lane="demo",
    stage="import_orders",
    title="3dcart does not accept the credentials",
    what_it_means="Orders wait.",
    fix="Check the connection.",
    link="https://airflow.example.com/dags/demo_orders/runs/x?task=a b",
    facts={"orders": 12, "since": "09:00"},
)


def _texts(value: Any) -> list[str]:
    """Return every text of the blocks, as Slack receives it."""
    if isinstance(value, dict):
        return [text for part in value.values() for text in _texts(part)]
    if isinstance(value, list):
        return [text for part in value for text in _texts(part)]
    return [value] if isinstance(value, str) else []


def test_both_formats_contain_every_value_of_the_alert() -> None:
    slack = "\n".join(_texts(slack_json(ALERT)["blocks"]))
    for text in ("demo", "import_orders", ALERT.title, ALERT.what_it_means, ALERT.fix, "12", "09:00"):
        assert text in alert_text(ALERT)
        assert text in slack
        assert text in slack_json(ALERT)["text"]
    assert "https://airflow.example.com/dags/demo_orders/runs/x?task=a%20b" in alert_text(ALERT)


def test_the_subject_names_lane_and_stage() -> None:
    assert subject(ALERT) == "[cartage demo] import_orders: 3dcart does not accept the credentials"


def test_a_line_break_cannot_start_another_header() -> None:
    hostile = Alert("demo", "s", "x\r\nBcc: evil@example.com\x00\u2028", "", "")
    assert subject(hostile) == "[cartage demo] s: x Bcc: evil@example.com"


def test_slack_control_characters_are_escaped() -> None:
    hostile = Alert(
        "demo",
        "s",
        "<!channel> & <https://evil.example|click>",
        "<@U123>",
        "<b>",
        facts={"<!here>": "<!everyone>"},
    )
    payload = slack_json(hostile)
    for text in [payload["text"], *_texts(payload["blocks"])]:
        assert "<" not in text
        assert ">" not in text
    assert "&lt;!channel&gt; &amp; &lt;https" in payload["text"]


def test_a_link_cannot_break_out_of_its_brackets_or_run_a_script() -> None:
    sly = Alert("demo", "s", "t", "", "", link="https://a.example/x|y>z <!channel>")
    (link,) = [text for text in _texts(slack_json(sly)["blocks"]) if "Open the log" in text]
    assert link == "<https://a.example/x%7Cy%3Ez%20%3C!channel%3E|Open the log>"
    script = Alert("demo", "s", "t", "", "", link="javascript:alert(1)")
    assert "javascript" not in json.dumps(slack_json(script)) + alert_text(script)


def test_slacks_limits_are_kept_for_long_alerts() -> None:
    facts: dict[str, str | int] = {f"fact {number}": "&" * 5000 for number in range(25)}
    huge = Alert("demo", "s", "t" * 9000, "w" * 9000, "m" * 9000, facts=facts)
    payload = slack_json(huge)
    assert len(payload["text"]) <= 3000
    for block in payload["blocks"]:
        assert len(block.get("fields", [])) <= 10
        assert all(len(field["text"]) <= 2000 for field in block.get("fields", []))
        assert len(block.get("text", {}).get("text", "")) <= 3000
    assert len(subject(huge)) <= 150


def test_missing_values_leave_no_empty_heading() -> None:
    bare = Alert("demo", "s", "t", "", "")
    assert alert_text(bare) == "t\n\nLane: demo\nStage: s\n"
    assert len(slack_json(bare)["blocks"]) == 2


def test_ongoing_and_resolved_alerts_start_with_that_word() -> None:
    ongoing, resolved = (replace(ALERT, state=state) for state in (AlertState.ONGOING, AlertState.RESOLVED))
    assert subject(ongoing) == "[cartage demo] import_orders: ONGOING: 3dcart does not accept the credentials"
    assert alert_text(resolved).startswith("RESOLVED: 3dcart does not accept the credentials\n")
    assert "Check the connection." in alert_text(ongoing)
    assert "Check the connection." not in alert_text(resolved) + json.dumps(slack_json(resolved))


def test_further_links_and_the_runbook_are_in_both_formats() -> None:
    alert = replace(
        ALERT, links={"Order <A>": "https://a.example/o", "Bad": "ftp://a"}, runbook="docs/runbooks/cause.md"
    )
    assert "Order <A>: https://a.example/o" in alert_text(alert)
    slack = "\n".join(_texts(slack_json(alert)["blocks"]))
    assert "<https://a.example/o|Order &lt;A&gt;>" in slack
    for text in (alert_text(alert), slack):
        assert "Runbook: docs/runbooks/cause.md" in text
        assert "ftp://" not in text
