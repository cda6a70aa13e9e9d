"""Lists of a class, a unit or a delegation: a spreadsheet in, each row checked like a form of its own."""
