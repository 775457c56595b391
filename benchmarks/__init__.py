"""How fast and how small, as ratios measured side by side in one run. See README.md; nothing here is asserted."""
