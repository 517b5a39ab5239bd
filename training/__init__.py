"""What is run before a release and never by the server."""
