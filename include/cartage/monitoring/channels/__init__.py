"""The ways to reach an operator: e-mail, Slack-compatible webhooks and HTTP endpoints."""
