"""Made-up organizations: their data, and a sales team that adds more."""
