"""Alerts: what an operator is told, and the channels it goes through (e-mail, Slack-compatible webhook)."""

from cartage.monitoring.channels.alert import Alert
from cartage.monitoring.channels.failures import ChannelFailed
from cartage.monitoring.channels.registry import AlertsFailed, Channel, channels_of, send
from cartage.monitoring.explain import Explanation, explain

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
