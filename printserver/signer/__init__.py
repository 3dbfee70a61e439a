"""The process that opens the HSM, alone."""
