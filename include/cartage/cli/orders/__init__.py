"""Commands about single orders: blocked orders, exceptions, holds, shipments and shadow results."""
