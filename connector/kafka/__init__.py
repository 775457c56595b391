"""The Kafka edge: clients, topics, Avro framing and the schema registry."""
