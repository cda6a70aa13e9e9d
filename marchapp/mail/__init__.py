"""Letters: written into the outbox with the change that causes them, sent by the worker."""
