"""The models of the settings in lanes.yaml, a module for each section."""
