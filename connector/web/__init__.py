"""The web edge: callbacks, health and the status page."""
