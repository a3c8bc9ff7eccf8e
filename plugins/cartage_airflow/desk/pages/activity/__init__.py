"""What happened in all lanes, and the audit of what people did."""
