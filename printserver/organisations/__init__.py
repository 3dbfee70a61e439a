"""Organisations, branches, people, their roles and credentials."""
