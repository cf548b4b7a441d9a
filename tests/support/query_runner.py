"""`keras-singan query`, asked of a server's double, and what it sent."""

from support.cli_runner import succeed


def query(server, *args, **kwargs):
    """Asks the server; gives the lines of standard output."""
    return succeed("query", server.url, *args, **kwargs).stdout.splitlines()


def rows(server):
    """Gives the rows of the only kind of request that was sent."""
    (signature,) = {signature for signature, _ in server.requests}
    return signature, [row for _, rows in server.requests for row in rows]
