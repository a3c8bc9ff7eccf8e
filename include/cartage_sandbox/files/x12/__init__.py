"""A small X12 004010 reader and writer: what a warehouse's translator does with the sets of a 3PL."""
