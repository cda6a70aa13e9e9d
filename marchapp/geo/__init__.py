"""How a walked track compares with a planned route: reading, matching, measuring; knows nothing of the web."""
