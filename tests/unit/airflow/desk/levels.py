"""What each route of the desk needs, as docs/desk.md says. A route that is not listed here fails the tests of roles."""

from __future__ import annotations

from cartage_airflow.desk.access import AccessLevel

_SEE = """
GET / | GET /home | GET /overview | GET /attention | GET /alerts | GET /held | GET /exceptions | GET /blocked
GET /activity | GET /activity.csv | GET /reports | GET /reports.csv | GET /reports.xlsx
GET /orders | GET /orders.csv | GET /orders.xlsx | GET /order | GET /skipped
GET /mappings | GET /mappings_file | GET /catalogue | GET /stock | GET /files | GET /coverage | GET /job
GET /routing | GET /differences | GET /differences.csv | GET /differences.xlsx
"""
_ACT = """
POST /attention | POST /exceptions | POST /held | POST /release_holds | POST /blocked
POST /bulk_preview | POST /bulk | POST /save_view | POST /delete_view
POST /order | POST /order_decision | POST /order_routing | POST /cause_routing | POST /order_note | POST /correct_order
POST /stock | POST /files | GET /file | POST /coverage | POST /differences | POST /fix_difference
"""
_MAP = """
POST /mappings | POST /drop_mapping | POST /mappings_file | POST /save_mappings | POST /routing
"""
_ADMINISTER = """
GET /payloads
"""
# Airflow's own rights on the DAG's tasks and on its website; everyone who sees a lane has them.
_OF_AIRFLOW = """
GET /moved | GET /static/{name}
"""


def _routes(text: str) -> list[str]:
    return [route.strip() for line in text.splitlines() if line for route in line.split("|")]


LEVELS: dict[str, AccessLevel] = {
    route: level
    for level, text in (
        (AccessLevel.SEE, _SEE + _OF_AIRFLOW),
        (AccessLevel.ACT, _ACT),
        (AccessLevel.MAP, _MAP),
        (AccessLevel.ADMINISTER, _ADMINISTER),
    )
    for route in _routes(text)
}
