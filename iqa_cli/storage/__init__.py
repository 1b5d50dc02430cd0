"""Images and tables by name, wherever they lie: files, members of tars, and URLs of fsspec."""
