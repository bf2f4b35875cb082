"""Who works here: persons, roles, posts and who holds them, signing in, what each may do."""
