"""kafka-sendblue: send requests on Kafka become texts at most once, status callbacks become events."""
