"""One function moves fulfillment orders and one module inserts them; no other statement of the product sets `state`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PRODUCT = [*(ROOT / "include" / "cartage").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")]
MIGRATIONS = ROOT / "include" / "cartage" / "db" / "migrations"

TABLE = r"(?:public\.)?\"?fulfillment_order\"?"
# `state = ...` as an assignment: after SET or a comma, never after WHERE or AND; or in a list of columns.
ASSIGNS = re.compile(r"(?:\bSET|,)\s*(?:\w+\.)?\"?state\"?\s*=|\bSET\s*\([^)]*\bstate\b", re.IGNORECASE)
UPDATES = re.compile(rf"\b(?:UPDATE(?:\s+ONLY)?|MERGE\s+INTO)\s+{TABLE}\b|\bDO\s+UPDATE\b", re.IGNORECASE)
INSERTS = re.compile(rf"\b(?:INSERT\s+INTO|COPY)\s+{TABLE}(?!\w)", re.IGNORECASE)
# SQLAlchemy Core: update(fulfillment_order), fulfillment_order.insert(), ...
CORE_UPDATE = re.compile(r"\bupdate\(\s*(?:\w+\.)*fulfillment_order\b|\bfulfillment_order\.update\(")
CORE_INSERT = re.compile(r"\binsert\(\s*(?:\w+\.)*fulfillment_order\b|\bfulfillment_order\.insert\(")


def statements(source: str) -> Iterator[str]:
    """Yield every text of a program; the pieces of f-strings and concatenations together."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr | ast.BinOp):
            yield "".join(
                part.value if isinstance(part.value, str) else " "
                for part in ast.walk(node)
                if isinstance(part, ast.Constant)
            )


def may_set_state(source: str) -> bool:
    """Whether any `values(...)` of the program names the column `state`, or hides its columns in `**`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "values":
            if any(keyword.arg in (None, "state") for keyword in node.keywords):
                return True
        elif isinstance(node, ast.Dict):
            for key in node.keys:
                if isinstance(key, ast.Constant) and key.value == "state":
                    return True
                if isinstance(key, ast.Attribute) and key.attr == "state":
                    return True
    return False


def moves(source: str) -> bool:
    if CORE_UPDATE.search(source) and may_set_state(source):
        return True
    return any(
        UPDATES.search(statement) and ASSIGNS.search(statement) and "state" in statement
        for statement in statements(source)
    )


def inserts(source: str) -> bool:
    return CORE_INSERT.search(source) is not None or any(
        INSERTS.search(statement) for statement in statements(source)
    )


def writers(rule: object) -> set[str]:
    assert callable(rule)
    files = [path for path in PRODUCT if MIGRATIONS not in path.parents]
    return {str(path.relative_to(ROOT)) for path in files if rule(path.read_text())}


def test_one_function_moves_orders() -> None:
    assert writers(moves) == {"include/cartage/lifecycle/transitions.py"}


def test_one_module_inserts_orders() -> None:
    assert writers(inserts) == {"include/cartage/intake/repo/orders.py", "include/cartage/lifecycle/parts.py"}


@pytest.mark.parametrize(
    "source",
    [
        "q = 'UPDATE fulfillment_order SET state = :to WHERE id = 1'",
        "q = 'UPDATE fulfillment_order f SET reason = :why, state = :to'",
        "q = '''WITH x AS (update only public.fulfillment_order f\\n set\\n f.state='x' where true)'''",
        "q = f'UPDATE fulfillment_order SET {other}, state = {to!r}'",
        "q = 'UPDATE fulfillment_order ' + 'SET state = 1'",
        "q = 'UPDATE fulfillment_order SET (reason, state) = (1, 2)'",
        "q = 'INSERT INTO fulfillment_order (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET state = 1'",
        "q = 'MERGE INTO fulfillment_order USING x ON true WHEN MATCHED THEN UPDATE SET state = 1'",
        "q = update(fulfillment_order).values(state='ready')",
        "q = tables.fulfillment_order.update().values(state='ready')",
        "q = update(fulfillment_order).where(x).values({'state': 'ready'})",
        "q = update(fulfillment_order).values({fulfillment_order.c.state: 'ready'})",
        "q = update(fulfillment_order).values(**columns)",
    ],
)
def test_a_second_writer_would_be_found(source: str) -> None:
    assert moves(source)


@pytest.mark.parametrize(
    "source",
    [
        "q = \"UPDATE fulfillment_order SET lease_owner = 'x' WHERE state = 'ready' AND id = 1\"",
        "q = \"SELECT id, state FROM fulfillment_order WHERE state = 'ready' FOR UPDATE\"",
        "q = 'UPDATE lane_state SET swept_at = now()'",
        "q = update(fulfillment_order).where(order.state == 'ready').values(absent_at=at)",
    ],
)
def test_statements_that_only_read_states_are_no_writers(source: str) -> None:
    assert not moves(source)
    assert not inserts(source)


@pytest.mark.parametrize(
    "source",
    [
        "q = 'INSERT INTO fulfillment_order (id) VALUES (1)'",
        "q = insert(schema.fulfillment_order).values(id=1)",
        "q = fulfillment_order.insert()",
    ],
)
def test_a_second_module_that_inserts_would_be_found(source: str) -> None:
    assert inserts(source)
