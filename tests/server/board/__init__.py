"""The board: each page shows what the library says."""
