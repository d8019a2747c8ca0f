"""OpenAI's chat API: what a request may say, what it costs, and how an answer is cut up."""
