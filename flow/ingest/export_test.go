package ingest

import (
	"context"
	"time"
)

// SetPause replaces waiting, so that tests do not wait.
func (in *Ingest) SetPause(pause func(context.Context, time.Duration) error) { in.pause = pause }

// SetStopWithin replaces the time that the end may take, before it begins.
func (in *Ingest) SetStopWithin(d time.Duration) { in.within = d }

// What tests measure with.
const (
	PartBytes         = partBytes
	PartRecords       = partRecords
	EvidencePerMinute = evidencePerMinute
	SpanLength        = spanLength
)
