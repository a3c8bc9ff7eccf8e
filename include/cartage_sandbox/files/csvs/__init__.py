"""CSV as the sandbox warehouse reads and writes it: layouts are data, because no two warehouses agree."""
