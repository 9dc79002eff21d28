"""What the Triton models share: tensors, answers, metrics, and calls from one model to another."""
