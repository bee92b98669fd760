"""The verdict on paper: the run's record, and the forms in which it is written."""
