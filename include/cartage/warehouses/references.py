"""Which order a reference at the warehouse belongs to: split children are named after it. Pure."""

from __future__ import annotations


def base_reference(reference: str) -> str:
    """Return the reference that a split child, or a child's child, belongs to: `A3K_31882_0-2` -> `A3K_31882_0`."""
    return possible_parents(reference)[-1]


def possible_parents(reference: str) -> tuple[str, ...]:
    """Return the reference, then what it was split from, reading each trailing `-N` as a split.

    Our own references have no dash, so the last one is the original (`base_reference`). `AB-1001` from another
    system may be an order or a split child of `AB`: it belongs to the first reference here that is known.
    """
    base, dash, suffix = reference.rpartition("-")
    return (reference, *possible_parents(base)) if base and dash and suffix.isdecimal() else (reference,)


def is_family(candidate: str, reference: str) -> bool:
    """Return whether `candidate` is this reference or one of its split children, in any letter case."""
    return reference.casefold() in possible_parents(candidate.casefold())
