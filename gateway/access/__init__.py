"""Who may send requests, and how many. `Guard` puts it before the routes."""
