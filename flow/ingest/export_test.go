package ingest

import (
	"context"
	"time"
)

// SetPause replaces waiting, so that tests do not wait.
func (in *Ingest) SetPause(pause func(context.Context, time.Duration) error) { in.pause = pause }

// What tests measure with.
const (
	PartBytes         = partBytes
	PartRecords       = partRecords
	EvidencePerMinute = evidencePerMinute
	SpanLength        = spanLength
)
