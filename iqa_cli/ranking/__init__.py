"""The best of a folder: records → near-duplicates, places, the keepers → rows, tables, a page."""
