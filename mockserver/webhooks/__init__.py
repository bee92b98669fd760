"""Webhooks: endpoints, signed deliveries of events to them, and further attempts where one fails (documentation, "Webhooks")."""
