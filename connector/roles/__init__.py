"""The roles: each does one thing with what the core decides. They know no edge; ``assembly`` joins them."""
