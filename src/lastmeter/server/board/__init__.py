"""The pages on which a company reads its last meter, and what it decides there."""
