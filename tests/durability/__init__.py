"""Acknowledged is durable: traced to the sync that made it so, and by killing."""
