"""The list of a user's runs: filters, sums, CSV, and what is done to several at once."""
