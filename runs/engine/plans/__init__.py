"""Plans that a model wrote: checked, put in order, and their references filled in."""
