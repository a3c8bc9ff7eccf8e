"""DAGs of the whole deployment: one for all lanes."""
