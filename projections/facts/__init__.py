"""The base table of all numbers: one row for each position of the event store."""
