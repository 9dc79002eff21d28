"""The HTTP routes, one module a concern: each translates between HTTP and the parts of `gateway.services`."""
