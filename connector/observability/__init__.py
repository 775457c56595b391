"""What people see: metrics, logs, traces."""
