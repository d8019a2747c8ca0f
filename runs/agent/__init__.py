"""The plain agent API: one task in, one result out, for clients that know no more than that."""
