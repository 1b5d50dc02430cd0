"""Encoded references in a file (`.iqaref`): what is in it, and how it is written and read."""
