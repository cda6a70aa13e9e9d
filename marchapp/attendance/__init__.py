"""Roll calls: who is here at the start, at checkpoints and at the finish."""
