"""Alerts: what an operator is told, and the channels it goes through (e-mail, Slack-compatible webhook)."""

from cartage.alerts.alert import Alert
from cartage.alerts.channels import AlertsFailed, Channel, ChannelFailed, channels_of, send
from cartage.alerts.explain import Explanation, explain

__all__ = [
    "Alert",
    "AlertsFailed",
    "Channel",
    "ChannelFailed",
    "Explanation",
    "channels_of",
    "explain",
    "send",
]
