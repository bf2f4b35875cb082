"""Events into the journal: over HTTP, from files in the console; tokens, sources, what was set aside."""
