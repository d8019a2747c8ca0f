"""Answers that OpenAI makes in the background, and that any process can read on."""
