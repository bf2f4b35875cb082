"""Tests, in folders that mirror the rooms; here is what they share: a real PostgreSQL."""
