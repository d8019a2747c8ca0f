"""How `auto` chooses a model: pure rules, no call of a model, no database."""
