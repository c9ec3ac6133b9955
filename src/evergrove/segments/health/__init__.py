"""How well things stand with a customer, from buying and from all that is told beside it."""
