"""Small applications on ordinary frameworks, with the frameworks' own habits: the gate must find no must broken in them."""
