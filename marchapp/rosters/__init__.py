"""Groups of a stage: who walks in which, and who guides them."""
