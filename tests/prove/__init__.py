"""The long proof: every kind of evidence in its long form, one command, one report."""
