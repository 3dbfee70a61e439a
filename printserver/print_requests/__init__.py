"""From a clerk's application to printed copies."""
