"""Scans that come back: taken in, matched to the copies they show, checked for completeness and compared."""
