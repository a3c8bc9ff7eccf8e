"""Signing in at ShipBob as an application: access tokens, and the file with the newest refresh token."""
