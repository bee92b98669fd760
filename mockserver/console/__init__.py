"""The console under `/admin`: what a person does to the mock in a browser. Every change goes by the control API."""
