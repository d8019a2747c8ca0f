"""How a model of one endpoint wants to be asked: a rule each, learnt from its refusals."""
