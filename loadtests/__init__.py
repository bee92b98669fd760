"""Load tests: Locust scenarios that confirm the rate limits of an implementation and end in a verdict."""
