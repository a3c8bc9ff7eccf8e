"""Commands that report whether lanes run and what is wrong: status, alerts and heartbeat."""
