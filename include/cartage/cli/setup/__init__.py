"""Commands that set up a deployment: lanes, connections, the ledger, preflight, cutover and the wizard."""
