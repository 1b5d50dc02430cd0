"""What is asked of a run: options of the engine, crops, protocols, and their names in Python."""
