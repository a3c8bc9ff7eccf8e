"""Read rows so that one odd value costs nothing else: what cannot be read is left out, and named by its place.

Who uses a row decides whether a fault in it matters. A place never contains a value, which may be personal data.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from cartage.warehouses.unreadable import RowKind, UnreadableRow

R = TypeVar("R", bound=BaseModel)
_NOT_AN_OBJECT = "row"
# A round takes out every fault that pydantic reports at once; only what it hides behind another one needs a second.
_ROUNDS = 8
_MOST_FAULTS = 20
_LONGEST_PLACE = 80
_MOST_PLACES = 5

Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class ReadRow(Generic[R]):
    """A row as far as it can be read.

    `faults` are the places of what cannot be; `content_hash` is set if there are any.
    """

    value: R
    faults: tuple[str, ...] = ()
    content_hash: str = ""

    def faults_in(self, places: Collection[str]) -> tuple[str, ...]:
        """Return the faults that concern these places, such as `readOnly.packages`: at, inside or around them."""
        return tuple(fault for fault in self.faults if fault == _NOT_AN_OBJECT or _concerns(fault, places))


def read_row(model: type[R], raw: object) -> ReadRow[R]:
    """Read a row. Total: any JSON value gives a row, at worst an empty one with a fault. `raw` is used up.

    A faulty field has its default. A list loses elements that are nothing without it.
    """
    if not isinstance(raw, MutableMapping):
        return ReadRow(model(), (_NOT_AN_OBJECT,), content_hash(raw))
    faults: dict[str, None] = {}
    digest = ""
    for _ in range(_ROUNDS):
        try:
            value = model.model_validate(raw)
        except ValidationError as error:
            digest = digest or content_hash(raw)
            found = error.errors(include_url=False, include_input=False, include_context=False)
            faults |= dict.fromkeys(_shown(tuple(fault["loc"])) for fault in found)
            _take_out(raw, {_target(tuple(fault["loc"]), fault["type"]) for fault in found})
        else:
            return ReadRow(value, tuple(sorted(faults)[:_MOST_FAULTS]), digest)
    return ReadRow(model(), (_NOT_AN_OBJECT,), digest)


def content_hash(raw: object) -> str:
    """Return a hash of a row by which it is recognised when it comes again."""
    try:
        text = json.dumps(raw, sort_keys=True, default=str)
    except (RecursionError, TypeError, ValueError):
        text = "what cannot be written as JSON"
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def unreadable_row(
    kind: RowKind, row: ReadRow[R], faults: Collection[str], name: str, remote_id: str = ""
) -> UnreadableRow:
    """Return what a row with these faults is in the contract."""
    places = sorted(faults)
    more = f" and {len(places) - _MOST_PLACES} more" if len(places) > _MOST_PLACES else ""
    digest = row.content_hash or content_hash(row.value.model_dump(mode="json"))
    return UnreadableRow(kind, ", ".join(places[:_MOST_PLACES]) + more, digest, name, remote_id)


def last_part(rel: str) -> str:
    """Return the last part of a rel's URL: what embeds `http://.../rels/orders/item` is read as `item`."""
    return rel.rpartition("/")[2].lower()


def _concerns(fault: str, places: Iterable[str]) -> bool:
    return any(
        fault == place
        or fault.startswith((f"{place}.", f"{place}["))
        or place.startswith((f"{fault}.", f"{fault}["))
        for place in places
    )


def _shown(place: Place) -> str:
    """Return a place as people read it, without the number of a row: `readOnly.packages[].packageId`."""
    text = "".join("[]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
    return text[:_LONGEST_PLACE] or _NOT_AN_OBJECT


def _take_out(raw: MutableMapping[str, Any], targets: Iterable[Place]) -> None:
    """Remove what is at these places."""
    # The last element of a list first, so that the others keep their numbers.
    for target in sorted(targets, key=_order, reverse=True):
        holder = _holder(raw, target[:-1])
        name = target[-1] if target else ""
        if isinstance(holder, list) and isinstance(name, int) and name < len(holder):
            del holder[name]
        elif isinstance(holder, MutableMapping) and isinstance(name, str):
            _delete(holder, name)


def _target(place: Place, kind: str) -> Place:
    """Return what is to be removed: the field, or the element of the innermost list in which it must be and is not."""
    last = max((at for at, part in enumerate(place) if isinstance(part, int)), default=None)
    return place if last is None or kind != "missing" else place[: last + 1]


def _order(target: Place) -> tuple[tuple[int, str], ...]:
    return tuple((part, "") if isinstance(part, int) else (-1, part) for part in target)


def _holder(node: Any, path: Place) -> Any:
    for part in path:
        if isinstance(node, list):
            node = node[part] if isinstance(part, int) and part < len(node) else None
        elif isinstance(node, Mapping) and isinstance(part, str):
            node = _child(node, part)
        else:
            return None
    return node


def _child(node: Mapping[str, Any], name: str) -> Any:
    if node.get(name) is not None:
        return node[name]
    embedded = node.get("_embedded")
    found = embedded.items() if isinstance(embedded, Mapping) else ()
    return next((rows for rel, rows in found if last_part(rel) == name), None)


def _delete(node: MutableMapping[str, Any], name: str) -> None:
    if node.get(name) is not None:
        del node[name]
    elif isinstance(embedded := node.get("_embedded"), MutableMapping):
        for rel in [rel for rel in embedded if last_part(rel) == name]:
            del embedded[rel]
