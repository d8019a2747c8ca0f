"""An OpenAI-compatible server of our own: answers without a key and keeps its own bill."""
