"""Tests of `mockserver/tenants`."""
