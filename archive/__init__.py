"""Archives: documents by the million, read by a fleet of servers; Ray Data does the scheduling."""
