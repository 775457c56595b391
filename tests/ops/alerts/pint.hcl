# What pint asks of our rules beside its own checks: an alert tells what, how much and where to read on, and how soon.
rule {
  match {
    kind = "alerting"
  }
  annotation "summary" {
    required = true
    severity = "bug"
  }
  annotation "description" {
    required = true
    severity = "bug"
  }
  annotation "runbook_url" {
    required = true
    value    = "docs/runbooks\\.md#sendblue[a-z]+"
    severity = "bug"
  }
  label "severity" {
    required = true
    value    = "page|ticket"
    severity = "bug"
  }
}
