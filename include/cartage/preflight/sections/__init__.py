"""The sections of preflight: a module for each step of the set-up, with its `TITLE` and `check(world)`."""
