package deliver

import "sync/atomic"

// Stats count what a courier has done. Attempts are Delivered, Retried, Dead,
// Interrupted or the one that sends a message to its dead-letter queue.
type Stats struct {
	Spread    int64 // publications
	Filtered  int64 // deliveries that a filter policy did not want
	Attempts  int64 // that came to an end
	Delivered int64
	Retried   int64 // attempts after which there is another
	Dead      int64 // deliveries given up
	// Interrupted attempts were cut off by the stop, and do not count otherwise.
	Interrupted int64
	// DeadLetters are messages that a dead-letter queue took.
	DeadLetters int64
}

type counters struct {
	spread, filtered, attempts, delivered, retried, dead, interrupted, deadLetters atomic.Int64
}

func (c *counters) read() Stats {
	return Stats{
		Spread: c.spread.Load(), Filtered: c.filtered.Load(), Attempts: c.attempts.Load(), Delivered: c.delivered.Load(),
		Retried: c.retried.Load(), Dead: c.dead.Load(), Interrupted: c.interrupted.Load(), DeadLetters: c.deadLetters.Load(),
	}
}
