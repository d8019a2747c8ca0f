"""What these tests ask."""

MODEL = "gpt-4.1-mini"
