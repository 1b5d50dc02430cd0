"""One model at work on a device: executors, the pieces that they take, what they cost and where they looked."""
