"""Statements of jobs, operator actions and required actions."""
