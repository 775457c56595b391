"""The commands of people: what they print, and what they do against a running installation."""
