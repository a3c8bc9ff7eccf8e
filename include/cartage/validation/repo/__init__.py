"""The statements of validation: orders to judge, holds, customers' other orders, and suggestions."""
