"""The ingress under fire: forged and damaged requests, by the hundred thousand."""
