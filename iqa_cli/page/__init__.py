"""The page of `iqa compare --html`: one HTML file with tables, pictures and a viewer, and no network."""
