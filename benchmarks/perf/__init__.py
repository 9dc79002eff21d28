"""Load profiles of the Triton models and of the gateway: rising concurrency, rising request rate, and the knee."""
