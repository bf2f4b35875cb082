"""What is done to persons, posts and the organisation; one function a business act."""
