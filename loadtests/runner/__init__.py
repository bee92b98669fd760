"""How a load is generated: Locust, master and workers, schedules, HTTP."""
