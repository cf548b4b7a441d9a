"""What answers the browser: guard, routes, and the server."""
