"""Pages of accounts and people, one file a page."""
