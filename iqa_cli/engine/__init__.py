"""From jobs to records: decode ahead, make samples, run the models of a session, give the rows in order."""
