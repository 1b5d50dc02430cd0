"""Tables for a reader: one `Grid`, written on a terminal, in Markdown or in LaTeX.

Names come from people's files: each writer shows every character as text and obeys none.
"""
