"""Thin views of sources and imports."""
