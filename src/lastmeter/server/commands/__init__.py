"""Commands of the server, one a file, as those of the command line."""
