"""Who decided what, over which manifest, and the single-use authorisations that result."""
