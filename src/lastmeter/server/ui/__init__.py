"""The frame of the console: layout, words, components, language, errors, sign of life."""
