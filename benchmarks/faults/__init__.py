"""The product while its parts and its neighbours are killed, hung, filled up or cut off, one after the other."""
