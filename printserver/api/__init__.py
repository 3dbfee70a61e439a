"""The REST API: mounts the resources."""
