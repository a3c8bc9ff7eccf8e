"""A small model of what many merchants cost, from the measured costs of a few. docs/scale.md shows its figures."""
