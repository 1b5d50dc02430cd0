"""A run in parts on a cluster of Ray: actors that each have the models score shard by shard and write their parts."""
