"""How many examples the tests of file formats try: a sample in `make test`, as many as wanted in `make formats`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_SAMPLE = 300

many_examples = settings(
    max_examples=int(os.environ.get("CARTAGE_FORMAT_EXAMPLES", _SAMPLE)),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
