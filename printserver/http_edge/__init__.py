"""Between HTTP and the rooms: who acts, one transaction a request, problems, CSRF."""
