"""The decode loop against the official engine, on the same made weights, in the same run."""
