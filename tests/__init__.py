"""The project's own tests: does the mock keep the contract, does the judge tell right from wrong."""
