"""Whether the scores of a run are good enough: thresholds, an earlier run, and the reports that CI services read."""
