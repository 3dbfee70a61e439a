"""One thin file a resource: translate, call the service as the API does, show."""
