"""What is measured of a customer and of the shop: ranks, the trend, silences and their rhythm."""
