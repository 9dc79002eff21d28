"""A simulation of gateways before machines with a GPU each: how many machines a load needs. See docs/scaling.md."""
