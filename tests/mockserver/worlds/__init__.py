"""Tests of `mockserver/worlds`."""
