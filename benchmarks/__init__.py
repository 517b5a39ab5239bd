"""One module per claim: a table of figures measured in one run, the last line one JSON object."""
