"""The API and webhooks out."""
