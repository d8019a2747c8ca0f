"""Two runs side by side: answers, steps, tokens, money, and what was asked of each."""
