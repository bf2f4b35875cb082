"""What the pages read, as plain values; one page a file."""
