"""Sources and imports in the console: pages, uploads, runs."""
