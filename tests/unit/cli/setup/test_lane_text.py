"""The lane that the wizard writes: every text is read back unchanged, even if YAML would misread it unquoted."""

from __future__ import annotations

import pytest
import yaml

from cartage.cli.setup.wizard.lane_text import with_lane

BEFORE = """\
# Ours.
x-common: &common {connector: extensiv} # shared
lanes:
  first: # the old one
    warehouse: *common

# The end.
"""
ODD = [
    "no", "On", "~", "null", "12", "1e3", "0x1F", "1:30", "2026-03-01", "- x", "# x", "a: b", "*all", "&x", "%", "@x",
    'UPS® Ground (5-7 days): "now"', "it's", "C:\\path", "  blanks  ", "tab\tbed", "two\nlines", "日本", "{x}", "",
]  # fmt: skip


@pytest.mark.parametrize("text", ODD, ids=repr)
@pytest.mark.parametrize("before", ["", BEFORE], ids=["new", "added"])
def test_a_text_is_read_back_as_it_was(before: str, text: str) -> None:
    lane = {"mode": "off", "status": text, "ship_methods": [{"store": text, "carrier": "UPS"}]}
    assert yaml.safe_load(with_lane(before, "mine", lane))["lanes"]["mine"] == lane


def test_existing_lanes_keep_their_comments_and_anchors() -> None:
    after = with_lane(BEFORE, "mine", {"mode": "shadow"})
    kept = iter(after.splitlines())
    assert all(line in kept for line in BEFORE.splitlines() if line)
    assert yaml.safe_load(after)["lanes"]["first"] == {"warehouse": {"connector": "extensiv"}}
