"""Value tiers: a band for each criterion, how they combine, and how slowly a tier falls."""
