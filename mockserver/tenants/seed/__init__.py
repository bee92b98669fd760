"""Made-up organizations: their data, and a sales team that goes on making it."""
