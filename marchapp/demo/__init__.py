"""The demo march: the historical march of 2014 on an illustrative route, with invented people."""
