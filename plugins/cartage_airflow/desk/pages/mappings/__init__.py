"""The mappings of a lane, and mapping files."""
