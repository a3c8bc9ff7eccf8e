"""The alerts that desk and CLI show."""

from cartage.monitoring.repo.listings import ListedAlert, closed_alerts, list_alerts, open_alerts

__all__ = ["ListedAlert", "closed_alerts", "list_alerts", "open_alerts"]
