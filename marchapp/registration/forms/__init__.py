"""What is asked when people sign up."""
