"""The API on Django REST framework: router, viewsets, CursorPagination, throttling and exceptions are the framework's own."""
