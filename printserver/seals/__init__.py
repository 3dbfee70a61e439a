"""Electronic seals: the signed object, its custodian, its state."""
