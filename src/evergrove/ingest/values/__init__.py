"""What single texts say: numbers, days, ids, words of the trade."""
