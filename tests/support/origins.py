"""Rules of which pages may use a route."""

from vae.server.wire import OriginRule, own_origin


def own_and(page: str) -> OriginRule:
    """The host's own pages and those of one more origin."""
    return lambda origin, host: own_origin(origin, host) or origin == page
