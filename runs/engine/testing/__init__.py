"""What helps to test patterns and prompts."""
