"""The dialects of other servers' clients: their requests made into this gateway's, its results into their answers."""
