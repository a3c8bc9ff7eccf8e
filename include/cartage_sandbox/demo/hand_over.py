"""The end of the demo: the desk's address, what to try with its clicks, and the line for the command line."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from cartage_sandbox.demo.lanes import DemoLane
from cartage_sandbox.demo.plan import CHANGED, HOLD_RULE
from cartage_sandbox.demo.show import say
from cartage_sandbox.generate import UNMAPPED_METHOD
from cartage_sandbox.stack.airflow import AirflowStack
from cartage_sandbox.stack.deployment import PROJECT, Deployment


def write_environment(deployment: Deployment, home: Path) -> Path:
    """Write the file with which a shell has this demo's ledger, lanes and connections. Return it."""
    file = home / "shell.env"
    lines = [f"export {name}={shlex.quote(value)}" for name, value in sorted(deployment.cartage_env.items())]
    # The programs beside this Python: cartage and airflow.
    lines.append(f"export PATH={shlex.quote(str(Path(sys.executable).parent))}:$PATH")
    file.touch(mode=0o600)
    file.write_text("\n".join(lines) + "\n")
    return file


def hand_over(lanes: Sequence[DemoLane], airflow: AirflowStack, environment: Path) -> None:
    """Print where the desk is, who may sign in, what to try there, and how the command line is used."""
    lane = lanes[0]
    things = "\n".join(f"  {number}. {thing}" for number, thing in enumerate(_things_to_try(lane), 1))
    file = environment.relative_to(PROJECT)
    say(f"""
The desk:  {airflow.url}/plugin/fulfillment   user: admin   password: {airflow.passwords["admin"]}

To try there:
{things}

The command line, in another shell of this folder:
  . {file}
  cartage status --lane {lane.name}
  cartage mappings suggest --lane {lane.name}

Everything keeps running. Press Ctrl-C to stop it.""")


def _things_to_try(lane: DemoLane) -> Iterator[str]:
    """Yield what a person can do with the lane's orders at the desk, with the clicks."""
    blocked = len(lane.seeded.blocked.get("unmapped_method", []))
    if lane.rules:
        yield (
            f"Unblock {blocked} orders at once. Needs attention > '{UNMAPPED_METHOD}' has no mapping > a service >\n"
            "     Save the mapping. The next run sends them, within a minute. Airflow's Required Actions ask the same."
        )
    if lane.seeded.held:
        yield (
            f"Release what a rule holds. Needs attention > Held by the rule {HOLD_RULE} > "
            f"Release all {len(lane.seeded.held)}."
        )
    if CHANGED in lane.seeded.scenes:
        yield (
            f"Decide about order {lane.seeded.scenes[CHANGED]}, which its buyer changed too late. Needs attention >\n"
            "     Order ... was edited in the store after it was sent > Resend, Handled or Ignore."
        )
    yield "See what happened: Activity. Find any order by its number, name or SKU: the field at the upper right."
