"""A bounded, seeded run of the whole site while its parts are killed: `python -m bench.chaos`.

The simulator's own ledger and triggers in the private database are the witnesses.
"""
