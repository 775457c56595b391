"""A local Sendblue, with an embedded broker and registry for the demo."""
