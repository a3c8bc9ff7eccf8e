"""List requests: RQL, the properties that it can name, indexes and pages."""
