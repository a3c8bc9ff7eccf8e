"""Registers Cartage's plugin where the distribution is not installed with its entry point.

`pip install cartage` registers the plugin by the entry point group `airflow.plugins`. Airflow would refuse the same
plugin from this folder as a duplicate and list it as an import error, so this file then defines nothing.
"""

from __future__ import annotations

from importlib.metadata import entry_points

if not any(entry.name == "cartage" for entry in entry_points(group="airflow.plugins")):
    from cartage_airflow.plugin import CartagePlugin

    __all__ = ["CartagePlugin"]
