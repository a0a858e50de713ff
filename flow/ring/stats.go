package ring

import "sync/atomic"

// Stats count what a Ringer has done since it was made.
type Stats struct {
	Judged  int64 // alarms
	Changes int64 // of state
	Late    int64 // of these, for what came late
	Repeats int64
	// Published counts messages, Failed actions that could not be run.
	Published, Failed int64
	// Overtaken counts alarms that somebody else changed or took over meanwhile,
	// Unfit judgements that could not be made.
	Overtaken, Unfit int64
}

type counters struct {
	judged, changes, late, repeats, published, failed, overtaken, unfit atomic.Int64
}

func (c *counters) read() Stats {
	return Stats{
		Judged: c.judged.Load(), Changes: c.changes.Load(), Late: c.late.Load(), Repeats: c.repeats.Load(),
		Published: c.published.Load(), Failed: c.failed.Load(), Overtaken: c.overtaken.Load(), Unfit: c.unfit.Load(),
	}
}
