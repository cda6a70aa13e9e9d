"""Commands that need no database and no settings, one file each; each imports only what it needs."""

UNUSABLE = 2
