"""Webhooks: endpoints, signed deliveries of events to them, and further attempts if one fails (documentation, "Webhooks")."""
