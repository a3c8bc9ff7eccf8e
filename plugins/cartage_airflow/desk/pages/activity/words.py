"""What the page says of each happening. Pure."""

from __future__ import annotations

from cartage.operations.activity import repo
from cartage.operations.activity.repo import Happening
from cartage.plurals import counted

_EVENTS = {
    "moved": "moved",
    "status_posted": "status posted to the store",
    "tracking_posted": "tracking posted to the store",
    "tracking_removed": "tracking removed from the store",
    "corrected": "corrected by a person",
    "correction_posted": "correction posted to the store",
    "correction_not_posted": "correction not posted to the store",
    "person_set_status": "status set in the store by a person",
    "changed_after_transfer": "changed in the store after it was sent",
    "exception_opened": "exception opened",
    "exception_decided": "exception decided",
    "exception_closed": "exception closed",
    "hold_released": "hold released",
    "cancel_sent": "cancel sent to the warehouse",
    "push_paused": "push of stock paused",
    "push_decided": "push of stock decided",
    "push_pause_over": "push of stock no longer paused",
    "lane_changed": "moved to another lane",
    "routed": "given to a warehouse",
    "warehouse_renamed": "a warehouse of the lane has another name",
    "quarantined": "the lane verifies before it sends",
    "attention": "noted what needs attention",
}
_JOBS = {
    "release": "checked all blocked orders",
    "release_holds": "released holds",
    "try_mappings": "tried a mapping file",
    "save_mappings": "saved a mapping file",
    "backtest": "backtested a mapping file",
    "preview_rule": "previewed a change of the mappings",
}
_RULES = {repo.MAPPING: "saved", repo.DROPPED: "dropped"}
_OTHERS = {
    repo.OPENED: "alert opened",
    repo.CLOSED: "alert over",
}


def words_of(happening: Happening) -> str:
    """Return what happened in a few words; for a move only the kind, since its states are shown."""
    if happening.source in _RULES:
        done = _RULES[happening.source]
        return f"{counted(happening.others + 1, 'mapping')} {done}" if happening.others else f"mapping {done}"
    if happening.source in _OTHERS:
        return _OTHERS[happening.source]
    if happening.source == repo.FILE:
        return f"file {happening.what}"
    known = _JOBS if happening.source == repo.JOB else _EVENTS
    return known.get(happening.what, happening.what.replace("_", " "))
