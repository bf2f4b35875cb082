"""Words of findings in the templates of the board."""
