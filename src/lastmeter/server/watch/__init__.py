"""The watch: seals, builds, raises flaws within a minute of their deadline, says which source is silent."""
