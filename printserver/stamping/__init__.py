"""Stamp machines for physical seals."""
