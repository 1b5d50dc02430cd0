"""How well models agree with people: rated images → scores → statistics → a report."""
