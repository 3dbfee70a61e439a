"""What is kept of a returned copy."""
