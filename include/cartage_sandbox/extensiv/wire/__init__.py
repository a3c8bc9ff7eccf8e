"""What goes over the wire: hal+json, its PascalCase form, and error bodies."""
