"""Blueprints drafted out of the journal: which steps are usual, how long they take, where journeys end."""
