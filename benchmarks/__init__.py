"""Programs that measure the product and print their tables."""
