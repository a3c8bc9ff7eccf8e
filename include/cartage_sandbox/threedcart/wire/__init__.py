"""What goes over the wire: calls and replies, field types, times, XML."""
