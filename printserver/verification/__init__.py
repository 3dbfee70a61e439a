"""What a stranger may learn from a code."""
