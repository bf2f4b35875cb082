"""Blueprints in the console: checked, tried out on history, saved as versions, restored."""
