"""What a march keeps, until when, and taking out what it keeps no longer."""
