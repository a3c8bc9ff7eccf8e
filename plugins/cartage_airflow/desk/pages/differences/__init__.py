"""What differs between store, ledger and warehouse: the list, its fixes, and its trend."""
