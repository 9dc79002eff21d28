"""Archives read while a node, a server and the driver are killed."""
