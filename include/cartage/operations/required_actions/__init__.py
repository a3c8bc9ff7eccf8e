"""Required_actions."""
