"""Pages for people: forms, tables, pictures."""
