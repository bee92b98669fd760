"""Webhooks: the receiver, the live session, recorded deliveries, signatures."""
