"""Settings of each environment. Every process that sets Django up begins with them."""

import gc

# Hardly anything that is made while the site is loaded is garbage: looking for it among a million
# objects takes longer than some of the imports. `agentsite.apps` switches it on again.
gc.disable()
