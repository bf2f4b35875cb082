"""Mappings of formats that say by themselves what happened: event logs and event messages, one file a format."""
