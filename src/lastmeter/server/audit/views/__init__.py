"""Pages of the audit, one file a page."""
