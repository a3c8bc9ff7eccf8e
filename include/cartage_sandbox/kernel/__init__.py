"""What the emulated APIs of the sandbox share: clock, journal, faults, rules, control API, server.

It knows no vendor, and never imports the engine that it tests.
"""

from __future__ import annotations

from cartage_sandbox.kernel.app import Emulator, build_app
from cartage_sandbox.kernel.clock import Clock
from cartage_sandbox.kernel.control import control_route
from cartage_sandbox.kernel.faults import Fault, FaultError, Faults
from cartage_sandbox.kernel.journal import Journal
from cartage_sandbox.kernel.jsonwire import BrokenJson, json_response, payload
from cartage_sandbox.kernel.rules import Evidence, Rule, RuleError, Rules
from cartage_sandbox.kernel.server import SandboxServer, serve

__all__ = [
    "BrokenJson",
    "Clock",
    "Emulator",
    "Evidence",
    "Fault",
    "FaultError",
    "Faults",
    "Journal",
    "Rule",
    "RuleError",
    "Rules",
    "SandboxServer",
    "build_app",
    "control_route",
    "json_response",
    "payload",
    "serve",
]
