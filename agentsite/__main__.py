"""`python -m agentsite COMMAND`: the program `agentsite` of a checkout that isn't installed."""

from agentsite.console import main

main()
