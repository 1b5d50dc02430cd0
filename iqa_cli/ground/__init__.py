"""The ground floor: tools that every room may use and that know of no room.

Wording of messages, pixels as numbers, names of files, pictures in folders, reading of tables, formats by name and
suffix, and files that are whole or not there.
"""
