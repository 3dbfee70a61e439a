"""The demonstration: drives a running server as the different people, and plays the paper between the machines."""
