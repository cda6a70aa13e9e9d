"""Random and damaged input for every reader and every form: short in the suite, long by `make fuzz`."""
