"""The gate: a pytest suite that judges any implementation of the Outbound API, requirement by requirement."""
