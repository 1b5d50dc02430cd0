"""The commands: each parses what was typed and hands it on; none computes."""
