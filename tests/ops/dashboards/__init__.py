"""The dashboards, judged: by the rules of Grafana's dashboard-linter, by Grafana's types, by a live Prometheus."""
