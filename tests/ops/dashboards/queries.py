"""How PromQL is spelt here. Every selector takes what the variables of the dashboard pick.

Counters are rates over Grafana's own interval, but for what happens so seldom that a number over the time shown says
more. Gauges that every replica tells alike are the worst of them, those that each tells for itself are summed.
"""

PICKED = 'namespace=~"$namespace", job=~"$job", instance=~"$instance"'
STEP = "$__rate_interval"
SHOWN = "$__range"


def series(name: str, where: str = "") -> str:
    """The series of a metric. ``where``: more matchers."""
    return f"{name}{{{PICKED}{', ' if where else ''}{where}}}"


def rate(name: str, by: str = "", where: str = "") -> str:
    """How many a second, over all replicas."""
    return _over("sum", by, f"rate({series(name, where)}[{STEP}])")


def increase(name: str, by: str = "", where: str = "", over: str = SHOWN) -> str:
    """How many in a window, over all replicas."""
    return _over("sum", by, f"increase({series(name, where)}[{over}])")


def summed(name: str, by: str = "", where: str = "") -> str:
    """A gauge that each replica tells for itself."""
    return _over("sum", by, series(name, where))


def worst(name: str, by: str = "", where: str = "") -> str:
    """A gauge that all replicas tell alike, or of which the greatest counts."""
    return _over("max", by, series(name, where))


def least(name: str, by: str = "") -> str:
    """A gauge of which the least counts."""
    return _over("min", by, series(name))


def quantile(q: float, name: str, by: str = "", where: str = "") -> str:
    """A quantile of a histogram, in its unit."""
    return f"histogram_quantile({q}, {rate(f'{name}_bucket', ', '.join(filter(None, ('le', by))), where)})"


def share(good: str, valid: str) -> str:
    """Good of valid; nothing where nothing is valid."""
    return f"{good} / ({valid} > 0)"


def seen(expr: str) -> str:
    """Only what is not 0: of long lists of labels most never happen."""
    return f"{expr} > 0"


def _over(how: str, by: str, what: str) -> str:
    return f"{how} by ({by}) ({what})" if by else f"{how}({what})"
