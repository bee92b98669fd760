"""The organizations' data in memory: collections with an index for every filter, the keyset cursor, and seeding.

Nothing here knows of keys or HTTP. A handler is given one organization's `Tenant` and can reach no other.
"""
