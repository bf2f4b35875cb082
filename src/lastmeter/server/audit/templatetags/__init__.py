"""Tags for personal values."""
