"""The alerts that desk and CLI show."""

from cartage.monitoring.repo.listings import ListedAlert, alerts_by_id, list_alerts, open_alerts_of

__all__ = ["ListedAlert", "alerts_by_id", "list_alerts", "open_alerts_of"]
