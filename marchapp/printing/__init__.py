"""What is printed and taken along of a stage: rosters, badges, sign-in sheets, lists."""
