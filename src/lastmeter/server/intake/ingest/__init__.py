"""Events on their way from a request into the journal."""
