"""Version 1 of the REST API: one thin file a resource."""
