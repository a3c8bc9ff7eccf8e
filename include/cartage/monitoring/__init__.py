"""Alerts: find what is wrong with a lane, and tell its operators by e-mail, webhook or HTTP."""

from cartage.monitoring.channels.alert import Alert
from cartage.monitoring.channels.failures import AlertsFailed, ChannelFailed
from cartage.monitoring.channels.registry import Channel, channels_of, send
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
