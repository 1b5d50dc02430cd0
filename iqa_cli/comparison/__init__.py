"""Which result looks best: records of several methods → statistics → tables, a document, a page."""
