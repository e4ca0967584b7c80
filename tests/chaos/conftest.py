"""Processors on Kafka, which these tests share with others."""

from support.kafka_place import on_postgres, place, processors, start

__all__ = ["on_postgres", "place", "processors", "start"]
