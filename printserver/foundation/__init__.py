"""What every room stands on: errors, clock, identifiers, database, unit of work, jobs."""
