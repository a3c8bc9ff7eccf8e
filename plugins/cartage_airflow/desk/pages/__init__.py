"""The pages, a folder each: its route, what it reads, its template."""
