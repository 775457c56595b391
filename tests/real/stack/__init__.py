"""A real Kafka and a real schema registry on loopback, from Maven's artifacts."""
