"""How a walked track compares with a planned route; knows nothing of the web."""
