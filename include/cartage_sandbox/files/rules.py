"""The rules of the file warehouse: what can be switched, and how reliable each default is.

Sources name sections of connectors.md. Where nothing is known, the default is the stricter variant.
"""

from __future__ import annotations

from cartage_sandbox.kernel.rules import Evidence, Rule

_TRANSFER = "connectors.md section 7.2"
_SERVERS = "connectors.md section 7.3"
_PARTNER = "connectors.md section 11"


def _assumed(
    name: str, value: bool | float | str, about: str, *choices: bool | float | str, source: str = _PARTNER
) -> Rule:
    return Rule(name, value, Evidence.ASSUMED, source, choices, about)


def _observed(name: str, value: bool | float | str, about: str) -> Rule:
    return Rule(name, value, Evidence.OBSERVED, _SERVERS, (), about)


_SERVER = (
    _assumed(
        "rename_overwrites",
        False,
        "A plain rename replaces a file that has the new name. OpenSSH refuses; some servers are said to do it.",
        source=_SERVERS,
    ),
    _observed("posix_rename", True, "The server has the extension posix-rename, which overwrites."),
    _assumed(
        "write_once",
        False,
        "Whatever is written into the folder in is taken away as soon as it is closed, whatever its name.",
        source=_TRANSFER,
    ),
    _assumed("moves_out_of_archive", True, "Clients may rename files into the folder archive."),
    _assumed(
        "file_times", True, "Attributes of files have their times; the protocol allows to leave them out."
    ),
    _assumed("clock_ahead_seconds", 0.0, "How far the times of files are ahead of the real time."),
    _assumed("latency_seconds", 0.0, "Real seconds that every request waits before it is handled."),
)

_PICK_UP = (
    _assumed("picks_up", "once", "How often an order file is taken.", "once", "twice", "never"),
    _assumed("pickup_seconds", 0.0, "Sandbox seconds for which an order file lies in the folder in."),
    _assumed(
        "takes_temporary_names",
        False,
        "Files are taken although their names begin with a dot or end in .tmp, .part or .partial.",
        source=_TRANSFER,
    ),
    _assumed(
        "waits_for_close", True, "A file that is being written is left alone until the writer closes it."
    ),
    _assumed(
        "picked_up",
        "archived",
        "What becomes of a taken file: archived by the warehouse, removed, or left in place.",
        "archived",
        "removed",
        "left",
        source=_TRANSFER,
    ),
    _assumed(
        "repeated_order",
        "accepted",
        "What an order number that the warehouse has gets: a second order, nothing, or a rejection.",
        "accepted",
        "ignored",
        "rejected",
    ),
    _assumed("unknown_sku", "rejected", "What an order with an unknown SKU gets.", "rejected", "accepted"),
    _assumed(
        "unreadable_file",
        "renamed",
        "What becomes of a file that cannot be read: renamed to ..._rejected, left, or removed without a word.",
        "renamed",
        "left",
        "removed",
        source=_TRANSFER,
    ),
    _assumed(
        "x12_rejects_by",
        "telephone",
        "How the customer learns that an order of a 940 is rejected: by telephone, or by its 997.",
        "telephone",
        "997",
    ),
    _assumed("cancels", True, "A 940 with W05-01 F takes back an order that has not shipped."),
)

_RESPONSES = (
    _assumed(
        "acknowledges",
        "rejections",
        "Which orders are named in acknowledgement files (CSV).",
        "all",
        "rejections",
        "none",
        source=_TRANSFER,
    ),
    _assumed("sends_997", "always", "When a group is acknowledged (X12).", "always", "rejections", "never"),
    _assumed("response_seconds", 0.0, "Sandbox seconds until an acknowledgement is written."),
    _assumed(
        "writes",
        "whole",
        "How files come into the folder out: by a rename, in two steps under their name, or with a .done file after.",
        "whole",
        "in_steps",
        "with_done",
        source=_TRANSFER,
    ),
)

_SHIPPING = (
    _assumed(
        "auto_work_seconds", 0.0, "Real seconds between two looks into the folder in; 0 = only by hand."
    ),
    _assumed("auto_ship_seconds", 0.0, "Orders ship this many sandbox seconds after pick-up; 0 = by hand."),
    _assumed("auto_ship_partial_share", 0.0, "Share (0 to 1) of those orders that ship in two parts."),
    _assumed("auto_inventory_seconds", 0.0, "Sandbox seconds between two inventory files; 0 = only by hand."),
    _assumed("short_ship_closes", False, "An order that ships short is closed; the rest never ships."),
    _assumed(
        "tracking_in",
        "MAN02",
        "Where a 945 has its tracking numbers.",
        "MAN02",
        "MAN05",
        "N9",
        "W27",
        "W06",
        source="connectors.md section 6.3",
    ),
    _assumed("unit", "EA", "The unit of a 945's quantities.", "EA", "CA", source="connectors.md section 6.5"),
)

_INVENTORY = (
    _assumed(
        "inventory", "full", "What an inventory file lists: all SKUs, or those that changed.", "full", "delta"
    ),
    _assumed(
        "inventory_qualifier",
        "33",
        "QTY-01 of an 846: 33 available, 17 on hand, or another.",
        source="connectors.md section 6.3",
    ),
)

FILE_RULES = (*_SERVER, *_PICK_UP, *_RESPONSES, *_SHIPPING, *_INVENTORY)
