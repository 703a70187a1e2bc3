"""One file for each step of the schema. A step must fit the code of the release before it."""
