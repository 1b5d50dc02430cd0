"""From jobs to records: decode ahead, cut crops, run the models in batches, give the rows in order."""
