"""Production's shape on one machine: `python -m bench.topology`.

nginx before two web, two live and two worker processes. Each of them is ended in turn, first as an
upgrade does it (SIGTERM), then as a crash does (SIGKILL), while people submit, watch and read.
"""
