"""Controlled printers and what CUPS knows of their jobs."""
