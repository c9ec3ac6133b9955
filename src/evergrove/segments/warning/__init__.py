"""Who is about to leave a tier or a stage, and how healthy that leaves the customer: learned from earlier days."""
