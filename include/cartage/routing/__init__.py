"""Which warehouse of a lane ships which lines of its orders, and why. Pure: no database and no calls.

`compile_routing` reads a lane's rules once, `decide` applies them to many orders at once.
"""

from cartage.routing.decide import decide
from cartage.routing.decision import RoutedLine, RoutedPart, RoutingDecision, RuleHold, RuleStep, WaitingLine
from cartage.routing.facts import LineFacts, OrderFacts, facts_of
from cartage.routing.router import Router, compile_routing
from cartage.routing.stock_view import StockView

__all__ = [
    "LineFacts",
    "OrderFacts",
    "RoutedLine",
    "RoutedPart",
    "Router",
    "RoutingDecision",
    "RuleHold",
    "RuleStep",
    "StockView",
    "WaitingLine",
    "compile_routing",
    "decide",
    "facts_of",
]
