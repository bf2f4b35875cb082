"""What each role may reach, held against what the server does."""
