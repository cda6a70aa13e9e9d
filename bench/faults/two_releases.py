"""Two releases at once, as during an upgrade: the one before serves while the tables change and the new one starts.

The release before is the last commit that has the tables of BEFORE (a revision of migrations/, the one before
the last by default), checked out beside this one; its web server goes on until the new one answers.
"""
