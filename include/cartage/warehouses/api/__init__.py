"""What the connectors of JSON APIs share: access tokens, values and rows of foreign responses."""
