"""Chaos on real brokers: everything between Kafka, the replicas and Sendblue breaks, and an oracle outside counts."""
