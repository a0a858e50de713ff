package state

import "context"

// LockTopic makes whoever else locks the topic wait until the transaction ends,
// so that what is read of its subscriptions stays so. Whoever locks several does
// it in the order of their ARNs.
func (tx *Tx) LockTopic(ctx context.Context, arn string) error {
	return tx.lock(ctx, "SELECT arn FROM topics WHERE arn = $1 ORDER BY arn", arn)
}
