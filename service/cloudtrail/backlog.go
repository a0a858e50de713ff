package cloudtrail

import (
	"context"

	"tocsin/store/state"
)

// A Backlog is what trails have yet to deliver, and how it goes.
type Backlog struct {
	Records int64 // calls that have reached no log group and no trail yet
	Batches int   // what waits for a log file or a log group of a trail
	// Failing is how many trails' last attempt failed, of files, logs, digests and topic.
	Failing map[string]int
}

// BacklogOf is that of all trails.
func BacklogOf(ctx context.Context, tx *state.Tx) (b Backlog, err error) {
	if b.Records, err = tx.CountOwnRecords(ctx); err != nil {
		return b, err
	}
	waiting, err := pendings.All(ctx, tx, everywhere)
	if err != nil {
		return b, err
	}
	b.Batches = len(waiting)
	all, err := statuses.All(ctx, tx, everywhere)
	b.Failing = map[string]int{"files": 0, "logs": 0, "digests": 0, "topic": 0}
	for _, s := range all {
		for to, a := range map[string]Attempt{"files": s.Value.Files, "logs": s.Value.Logs, "digests": s.Value.Digests, "topic": s.Value.Topic} {
			if a.Error != "" {
				b.Failing[to]++
			}
		}
	}
	return b, err
}
