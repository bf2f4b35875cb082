"""What was done and seen by whom: the audit, reveals of personal data."""
