"""What a step made, as a box on its page; the form follows from the fields it has."""
