"""What must hold of every exchange: schemas, problems, ownership, the published document."""
