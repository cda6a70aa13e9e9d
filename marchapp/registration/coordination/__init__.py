"""What coordinators see and do about participants."""
