"""What the answers say: text, JSON and tool calls, made of the task's own words."""
