"""What is known of the exports of shop systems, as data, and the presets that a workspace saved."""
