"""The Sendblue edge: HTTP calls and what their answers say."""
